-- A passage's vector by a sentence encoder that a person chose. Vectors of two encoders cannot be compared; those of the
-- two used last are kept, so that the one before serves while passages are encoded by the new one.

create table encoder (
    id integer primary key,
    name text not null unique,           -- hash of the model's files and of how it is run
    dimensions integer not null check (dimensions between 1 and 4096),
    place text not null,                 -- where it was found, to find it again while another takes over
    ready integer not null default 0 check (ready in (0, 1)),  -- whether everything had a vector once
    used_at real not null
) strict;

create table encoding (
    passage integer not null references passage (id) on delete cascade,
    encoder integer not null references encoder (id) on delete cascade,
    vector blob not null,                -- int8, only its direction counts; zeros where the encoder found nothing to say
    primary key (passage, encoder)
) strict, without rowid;

-- how many an encoder has made, and which go with it
create index encoding_encoder on encoding (encoder);
