-- The names that facts go by, once each, and an index of their words: what a question about a value is looked up in.

create table fact_name (
    id integer primary key,
    key text not null,
    scope text not null,                 -- the definition or heading around it; empty in configuration files
    canon text                           -- the name it is compared under; null for what is its file's alone
) strict;

create unique index fact_name_key on fact_name (key, scope);
-- what else says something about a setting
create index fact_name_canon on fact_name (canon) where canon is not null;

alter table fact add column name integer references fact_name (id);

-- from a name to where it has which value
create index fact_of_name on fact (name) where name is not null;

create virtual table fact_search using fts5 (
    key, scope,
    content = '', contentless_delete = 1, tokenize = 'ascii', detail = full
);

-- how many names hold a term
create virtual table fact_term using fts5vocab (fact_search, 'row');

-- `index_text` and `canonical` are ours, lent to the connection that migrates
insert into fact_name (key, scope, canon)
select distinct key, '', canonical(key) from fact;

update fact set name = (select id from fact_name n where n.key = fact.key and n.scope = '');

insert into fact_search (rowid, key, scope)
select id, index_text(key), '' from fact_name;
