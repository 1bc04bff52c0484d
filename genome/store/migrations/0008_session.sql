-- Who is at work: sessions, by a handle that cannot be guessed, and which paths they say they are editing.

create table session (
    id integer primary key,
    handle text not null unique,
    party integer not null references party (id) on delete cascade,  -- its agent's, so that every call finds it at once
    agent integer not null references agent (id) on delete cascade,
    name text,                           -- what its agent calls it
    minted integer not null check (minted in (0, 1)),  -- 0: a connection's own, which nobody started
    focus text,
    blocked_on text,
    in_flight text,
    last_commit text,
    questions integer not null,
    started_at real not null,
    seen_at real not null,
    ended_at real,
    continued_by integer references session (id) on delete set null
) strict;

-- the sessions of a party
create index session_party on session (party, seen_at);
-- an agent goes with its sessions
create index session_agent on session (agent);

-- Rows of two sessions never overlap. One counts as long as its session is heard of and has not ended.
create table lease (
    party integer not null references party (id) on delete cascade,
    root integer not null references root (id) on delete cascade,
    path text not null,                  -- of a file, or of a folder with all that is in it; '' is the whole root
    session integer not null references session (id) on delete cascade,
    at real not null,
    primary key (party, root, path)
) strict, without rowid;

-- a session goes with its leases
create index lease_session on lease (session);
