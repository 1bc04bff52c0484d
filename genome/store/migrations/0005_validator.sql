-- What a server said that names a version of a page: sent back to ask whether the page is still that version.
create table validator (
    source integer primary key references source (id) on delete cascade,
    content integer not null,            -- what it was said of; worth nothing once the source holds something else
    etag text,
    modified text
) strict;
