-- A passage's vector, by the model that made it. Vectors of two models cannot be compared; those of the two models
-- used last are kept, so that servers of two releases can share a store.

create table embedding_model (
    id integer primary key,
    name text not null unique            -- hash of the model's content
) strict;

create table embedding (
    seq integer primary key autoincrement,  -- never used twice: a reader takes what came after the last one it saw
    passage integer not null references passage (id) on delete cascade,
    model integer not null references embedding_model (id),
    vector blob not null,                -- int8, a unit vector times 127; zeros where no word is known
    unique (passage, model)
) strict;
