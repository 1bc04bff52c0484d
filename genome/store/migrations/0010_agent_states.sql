-- Flags, versions of agents' states, and what agents asked; the log of what moves a state is chained by hashes.

alter table event add column chain blob;  -- of the agent's events that move its state; null for others

-- set once; every entry's hash follows from the party's entries before it
create table latch (
    party integer not null references party (id),
    number integer not null,
    name text not null,
    by text not null,
    at real not null,
    reason text not null,
    chain blob not null,
    primary key (party, number),
    unique (party, name)
) strict;

create trigger latch_is_not_changed before update on latch
begin
    select raise(abort, 'a flag that is set is never changed');
end;

create trigger latch_is_not_unset before delete on latch
begin
    select raise(abort, 'a flag that is set is never unset');
end;

create table agent_version (
    agent integer not null references agent (id) on delete cascade,
    id text not null,                    -- the hash of what follows
    label text not null,                 -- whose state it was, where it was made
    sequence integer not null,
    at real not null,
    message text not null,
    parents text not null,               -- JSON: ids
    state blob not null,
    primary key (agent, id)
) strict;

create table agent_branch (
    agent integer not null references agent (id) on delete cascade,
    name text not null,
    version text not null,
    current integer not null check (current in (0, 1)),
    primary key (agent, name)
) strict, without rowid;

create table question (
    id integer primary key,
    agent integer not null references agent (id) on delete cascade,
    session text not null,
    text text not null,
    at real not null
) strict;

-- the last questions of an agent
create index question_agent on question (agent, id);
-- the questions of a session that a use may follow from
create index question_session on question (session, id);

-- what was used after a question; the one with the least rank goes first
create table episode (
    id integer primary key,
    agent integer not null references agent (id) on delete cascade,
    number integer not null,             -- nth of the agent
    question integer not null,           -- that was asked last
    session text not null,
    query text not null,
    outcome real not null check (outcome between -1 and 1),
    at real not null,
    rank real not null,
    unique (agent, query)
) strict;

create table episode_place (
    episode integer not null references episode (id) on delete cascade,
    anchor integer not null references anchor (id) on delete cascade,
    at real not null,
    primary key (episode, anchor)
) strict, without rowid;

-- an anchor goes with the episodes' mention of it
create index episode_place_anchor on episode_place (anchor);
