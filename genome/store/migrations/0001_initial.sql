-- What a text is (content, chunk, passage), where it stands (source, place) and what was learned about a spot
-- (anchor) have three different keys, so that editing, moving and switching branch each touch one of them.

create table counter (
    name text primary key,
    value integer not null
) strict, without rowid;

insert into counter (name, value) values ('generation', 0);

create table root (
    id integer primary key,
    path text not null unique,
    name text not null,
    kind text not null check (kind in ('git', 'folder', 'virtual')),
    git_dir text,                        -- the folder that all work trees of the repository share
    added_at real not null,
    complete_at real                     -- when every file had been looked at once; null until then
) strict;

create table content (
    id integer primary key,
    hash blob not null,                  -- blake2b-160 of the bytes as they stand on disk
    mode text not null,                  -- how the file's name says they are to be read: as which language, as secrets
    blob text,                           -- git's id of these bytes
    size integer not null check (size >= 0),
    lines integer not null check (lines >= 0),
    language text,
    kind text not null check (kind in ('code', 'doc', 'config', 'note')),
    generated integer not null check (generated in (0, 1)),
    redacted integer not null,           -- secret values whose text was not kept
    reader text not null,                -- version of the code that divided it
    used_at real not null,
    unique (hash, mode)
) strict;

create table chunk (
    id integer primary key,
    hash blob not null unique,           -- blake2b-160 of the text
    text text not null,
    tokens integer not null
) strict;

-- A chunk as it is indexed: one text under one name. Copies and other versions of a file share it.
create table passage (
    id integer primary key,
    chunk integer not null references chunk (id),
    symbol text,
    heading text,
    name text                            -- last part of the symbol, lower case
) strict;

create unique index passage_key on passage (chunk, coalesce(symbol, ''), coalesce(heading, ''));
-- a question names a symbol
create index passage_name on passage (name) where name is not null;

create table place (
    content integer not null references content (id) on delete cascade,
    ordinal integer not null,
    passage integer not null references passage (id),
    form text not null,
    part integer not null,
    nth integer not null,                -- which of several with the same symbol and heading
    start_line integer not null,
    end_line integer not null check (end_line >= start_line),
    start_byte integer not null,
    end_byte integer not null check (end_byte >= start_byte),
    primary key (content, ordinal)
) strict, without rowid;

-- from a hit to where it stands
create index place_passage on place (passage);

create table fact (
    content integer not null references content (id) on delete cascade,
    line integer not null,
    key text not null,
    value text                           -- null where it was a secret
) strict;

create index fact_content on fact (content);
-- a question names a setting
create index fact_key on fact (key);

create table source (
    id integer primary key,
    root integer not null references root (id) on delete cascade,
    path text not null,
    state text not null check (state in ('live', 'gone', 'skipped')),
    reason text,                         -- why it was skipped
    content integer references content (id),
    ingested integer references content (id),  -- its content when it was last ingested on request
    ingested_path text,                  -- its path then, where that was another one
    volatility text not null check (volatility in ('stable', 'medium', 'hot')),
    authority text not null check (authority in ('primary', 'derived', 'inferred')),
    size integer not null,
    mtime_ns integer not null,
    ctime_ns integer not null,
    inode integer not null,
    device integer not null,
    proven_at real not null,             -- when the bytes were last compared
    unique (root, path)
) strict;

-- from content to the files that hold it, now and when ingested
create index source_content on source (content);
create index source_ingested on source (ingested);
-- what has changed or gone since it was ingested
create index source_drifted on source (root, state) where content is not ingested or ingested_path is not null;

create virtual table text_search using fts5 (
    symbol, heading, body, facts,
    content = '', contentless_delete = 1, tokenize = 'ascii', detail = full
);

create virtual table path_search using fts5 (
    path,
    content = '', contentless_delete = 1, tokenize = 'ascii', detail = none
);

-- how many passages and paths hold a term
create virtual table text_term using fts5vocab (text_search, 'row');
create virtual table path_term using fts5vocab (path_search, 'row');

create table org (
    id integer primary key,
    name text not null unique
) strict;

create table party (
    id integer primary key,
    org integer not null references org (id),
    name text not null,
    unique (org, name)
) strict;

create table participant (
    id integer primary key,
    party integer not null references party (id),
    name text not null,
    unique (party, name)
) strict;

create table agent (
    id integer primary key,
    participant integer not null references participant (id),
    name text not null,
    unique (participant, name)
) strict;

-- A spot that survives edits: what is learned about it is keyed here.
create table anchor (
    id integer primary key,
    root integer not null references root (id) on delete cascade,
    path text not null,
    symbol text,
    heading text,
    nth integer not null
) strict;

create unique index anchor_key on anchor (root, path, coalesce(symbol, ''), coalesce(heading, ''), nth);

create table event (
    seq integer primary key autoincrement,
    agent integer not null references agent (id),
    session text,
    kind text not null,
    anchor integer references anchor (id) on delete set null,
    detail text,
    at real not null
) strict;

-- what an agent did, in order
create index event_agent on event (agent, seq);

create table delivery (
    id integer primary key,
    session text not null,
    anchor integer not null references anchor (id) on delete cascade,
    source integer not null references source (id) on delete cascade,
    content integer not null references content (id),
    passage integer not null references passage (id),
    start_line integer not null,
    end_line integer not null,
    packet integer not null,             -- nth packet of the session
    at real not null
) strict;

-- what a session was shown of a spot, newest last
create index delivery_session on delivery (session, anchor, id);
create index delivery_content on delivery (content);
