-- An identifier is one term beside its parts: the tokenizer split it at every underscore, so that the whole was counted
-- as held nowhere, and found only as its parts side by side.

drop table text_term;
drop table text_search;

create virtual table text_search using fts5 (
    symbol, heading, body, facts,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'", detail = full
);

-- how many passages hold a term
create virtual table text_term using fts5vocab (text_search, 'row');

-- `index_text` is ours, lent to the connection that migrates
insert into text_search (rowid, symbol, heading, body, facts)
select
    p.id,
    index_text(coalesce(p.symbol, '')),
    index_text(coalesce(p.heading, '')),
    index_text(c.text),
    index_text(coalesce((
        select group_concat(f.key, ' ')
        from place l
        join fact f on f.content = l.content and f.line between l.start_line and l.end_line
        where l.passage = p.id and l.content = (select min(content) from place where passage = p.id)
    ), ''))
from passage p
join chunk c on c.id = p.chunk;
