-- To whom a store and the texts in it belong. A store is one trust domain's; the device that opened it first is its
-- home party, and stands for every caller who names none.

create table home (
    id integer primary key check (id = 1),
    party integer not null references party (id)
) strict;

-- null for a folder that was granted, which every caller sees; else the party whose notes and kept texts it holds
alter table root add column party integer references party (id);

insert into home (id, party)
select 1, p.id
from party p
join org o on o.id = p.org
order by o.name = 'local' and p.name = 'local' desc, p.id
limit 1;

update root set party = (select party from home) where kind = 'virtual';

-- What other parties wrote so far stood beside the home party's: each gets a root of its own.
create temp table writer as
select s.id as source, p.party as party
from root r
join source s on s.root = r.id
join agent a on a.id = coalesce(
    (select n.agent from note n where n.source = s.id),
    (select e.agent from event e where e.kind = 'ingest' and e.detail = s.path order by e.seq desc limit 1)
)
join participant p on p.id = a.participant
where r.kind = 'virtual' and p.party <> r.party;

insert into root (path, name, kind, added_at, complete_at, party)
select 'notes@' || w.party, 'notes', 'virtual', r.added_at, r.complete_at, w.party
from (select distinct party from writer) w, root r
where r.kind = 'virtual' and r.path = 'notes';

update source
set root = (select r.id from root r join writer w on r.path = 'notes@' || w.party where w.source = source.id)
where id in (select source from writer);

drop table writer;

-- Links and counts learnt from use are a party's own; those from commits are everybody's, as the commits are. What asks
-- for links is given, through the views, those of everybody and of the party that asks: `viewer()` is ours, the party of
-- the call at hand, and null where nobody said.
create table party_link (
    party integer not null,              -- 0: everybody's
    source integer not null references anchor (id) on delete cascade,
    kind text not null check (kind in ('coactivation', 'co-change')),
    target integer not null references anchor (id) on delete cascade,
    weight real not null check (weight > 0),
    at real not null,
    primary key (source, kind, target, party)
) strict, without rowid;

insert into party_link (party, source, kind, target, weight, at)
select iif(kind = 'co-change', 0, coalesce((select party from home), 0)), source, kind, target, weight, at
from link;

drop table link;
-- an anchor goes with its links
create index link_target on party_link (target);

create view link as
select source, kind, target, weight, at from party_link where party = 0 or party = viewer() or viewer() is null;

create table party_usage (
    party integer not null,              -- 0: everybody's
    anchor integer not null references anchor (id) on delete cascade,
    kind text not null check (kind in ('use', 'commit')),
    weight real not null check (weight > 0),
    at real not null,
    primary key (anchor, kind, party)
) strict, without rowid;

insert into party_usage (party, anchor, kind, weight, at)
select iif(kind = 'commit', 0, coalesce((select party from home), 0)), anchor, kind, weight, at
from usage;

drop table usage;
create index usage_weight on party_usage (kind, weight);

create view usage as
select anchor, kind, weight, at from party_usage where party = 0 or party = viewer() or viewer() is null;

-- Who wrote what: many authors for one spot, the newest time of each.
create table attribution (
    id integer primary key,
    anchor integer references anchor (id) on delete cascade,
    source integer references source (id) on delete cascade,
    agent integer not null references agent (id),
    session text,
    via text not null,                   -- the tool and what it did: remember, revise, forget, ingest, use
    at real not null,
    check ((anchor is null) <> (source is null))
) strict;

create unique index attribution_key on attribution (
    coalesce(anchor, 0), coalesce(source, 0), agent, coalesce(session, ''), via
);
-- why is this here
create index attribution_anchor on attribution (anchor) where anchor is not null;
create index attribution_source on attribution (source) where source is not null;
create index attribution_agent on attribution (agent);

insert into attribution (source, agent, via, at)
select source, agent, iif(revises is null, 'remember', 'revise'), at
from note
where agent is not null and state <> 'forgotten';

insert into attribution (source, agent, session, via, at)
select s.id, e.agent, e.session, 'ingest', max(e.at)
from root r
join source s on s.root = r.id
join event e on e.kind = 'ingest' and e.detail = s.path
where r.kind = 'virtual'
group by s.id, e.agent, e.session;

-- What somebody had forgotten of an agent or a person: for a day it can be brought back.
create table forgetting (
    id integer primary key,
    party integer not null references party (id),
    agent integer not null references agent (id),  -- who asked for it
    at real not null,
    texts text not null,                 -- JSON: the sources whose state it changed
    undo blob                            -- the rows as they were, as a changeset; null once that cannot be asked for
) strict;
