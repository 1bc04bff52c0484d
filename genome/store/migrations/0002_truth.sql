-- What a file held before, so that "changed since you saw it" can be told of everything a span depends on; and notes:
-- conclusions with receipts for the spans they were drawn from.

alter table root add column head text;   -- the commit that was checked out when it was last looked through

-- a file that equals its blob is found by git's id, without being read
create index content_blob on content (blob) where blob is not null;

-- What a source held until a moment; what it holds now stands in the source itself.
create table version (
    id integer primary key,
    source integer not null references source (id) on delete cascade,
    content integer references content (id),  -- null where it was not there
    until real not null
) strict;

-- what has changed since a moment
create index version_until on version (until);
-- what a source held at a moment
create index version_source on version (source, until);
create index version_content on version (content) where content is not null;

-- A statement somebody made. Its text is a source in the virtual root, so that it is found like any other text.
create table note (
    id integer primary key,
    source integer not null unique references source (id) on delete cascade,
    kind text not null check (kind in ('decision', 'finding', 'howto', 'preference', 'fact')),
    state text not null check (state in ('live', 'revised', 'forgotten')),
    agent integer references agent (id),
    revises integer references note (id) on delete set null,
    origin text,                         -- the file and line it was imported from; null where it was remembered
    instruction_like integer not null check (instruction_like in (0, 1)),
    at real not null
) strict;

-- The span, path or literal that a note was drawn from, as it was then.
create table receipt (
    id integer primary key,
    note integer not null references note (id) on delete cascade,
    kind text not null check (kind in ('span', 'symbol', 'path', 'literal')),
    root integer not null references root (id) on delete cascade,
    path text not null,
    content integer references content (id),  -- null where the file was not there
    passage integer references passage (id),  -- null where the receipt is for a file or for lines
    symbol text,
    heading text,
    nth integer not null,
    start_line integer,
    end_line integer,
    text text,                           -- of a span that is no passage
    key text,                            -- of a literal
    value text
) strict;

create index receipt_note on receipt (note, id);
create index receipt_content on receipt (content) where content is not null;
create index receipt_passage on receipt (passage) where passage is not null;
