-- What is learned: which places are used together, how often each is used, and what every agent's events add up to.

-- directed; a weight fades with time, as of `at`, without being touched
create table link (
    source integer not null references anchor (id) on delete cascade,
    kind text not null check (kind in ('coactivation', 'co-change')),
    target integer not null references anchor (id) on delete cascade,
    weight real not null check (weight > 0),
    at real not null,
    primary key (source, kind, target)
) strict, without rowid;

-- an anchor goes with its links
create index link_target on link (target);

create table usage (
    anchor integer not null references anchor (id) on delete cascade,
    kind text not null check (kind in ('use', 'commit')),
    weight real not null check (weight > 0),
    at real not null,
    primary key (anchor, kind)
) strict, without rowid;

create index usage_weight on usage (kind, weight);

create table agent_state (
    agent integer primary key references agent (id) on delete cascade,
    sequence integer not null,           -- of the last event that is in it
    data blob not null
) strict;

alter table root add column linked_to text;  -- the commit up to which changes were counted as links
