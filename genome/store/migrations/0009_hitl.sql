-- What agents asked of people, or decided without them, and what the people answered.

create table hitl_event (
    id integer primary key,
    party integer not null references party (id),
    number integer not null,             -- nth of its party: what callers see, so that no party learns of another's
    agent integer not null references agent (id),
    session text not null,
    at real not null,
    expires_at real not null,
    pause_type text not null check (pause_type in ('permission_request', 'uncertainty_check', 'rollback_confirm', 'other')),
    question text not null,
    options text not null,               -- JSON array of texts
    task_context text,
    tone real not null check (tone between 0 and 1),
    risk text not null,                  -- JSON array of words
    recoverability text not null check (recoverability in ('recoverable', 'uncertain', 'lost')),
    since_risk real,                     -- seconds since this agent's event before with a word of risk
    resolved_without_operator integer not null check (resolved_without_operator in (0, 1)),
    instruction_like integer not null check (instruction_like in (0, 1)),
    files integer not null,              -- what the store held
    chunks integer not null,
    notes integer not null,
    packet integer,                      -- nth packet of the session, the last before the question
    shown text not null,                 -- JSON array of the places of that packet
    about text not null,                 -- JSON array of the notes that a yes confirms and a no rejects
    unique (party, number)
) strict;

-- an agent's rate, and its last event with a risk
create index hitl_event_agent on hitl_event (agent, at);

-- at most one for each event: the first stands
create table hitl_answer (
    event integer primary key references hitl_event (id) on delete cascade,
    kind text not null check (kind in ('answered', 'declined', 'cancelled')),
    text text,
    comment text,
    sense integer check (sense in (-1, 1)),  -- a no or a yes; null for what is neither
    participant integer not null references participant (id),
    channel text not null check (channel in ('form', 'terminal', 'page')),
    at real not null
) strict;

alter table note add column judged text check (judged in ('confirmed', 'rejected'));
