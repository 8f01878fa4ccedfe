-- Recursion, aggregates, windows, JSON, full-text search, dates, floating point: no table on disk.
.mode list
with recursive
  xaxis(x) as (values(-2.0) union all select x+0.05 from xaxis where x<1.2),
  yaxis(y) as (values(-1.0) union all select y+0.1 from yaxis where y<1.0),
  m(iter, cx, cy, x, y) as (
    select 0, x, y, 0.0, 0.0 from xaxis, yaxis
    union all
    select iter+1, cx, cy, x*x-y*y + cx, 2.0*x*y + cy from m where (x*x + y*y) < 4.0 and iter<28),
  m2(iter, cx, cy) as (select max(iter), cx, cy from m group by cx, cy),
  a(t) as (select group_concat(substr(' .+*#', 1+min(iter/7,4), 1), '') from m2 group by cy)
select group_concat(rtrim(t), x'0a') from a;

create table words(id integer primary key, word text, weight real);
with recursive n(i) as (values(1) union all select i+1 from n where i<5000)
insert into words select i, printf('%08x', (i * 2654435761) & 0xffffffff), (i % 97) / 7.0 from n;
create index by_word on words(word);
select count(*), sum(id), round(avg(weight), 12), min(word), max(word) from words;
select id, word from words where word between '80000000' and '80400000' order by word;
select bucket, c, sum(c) over (order by bucket) from
  (select substr(word,1,1) as bucket, count(*) as c from words group by 1) order by bucket;
select id, weight, rank() over (order by weight desc), lag(id,1,-1) over (order by id) from words where id % 500 = 0 order by id;

select json_extract('{"a":[1,2.5,{"b":"tränen"}],"c":null}', '$.a[2].b'), json_group_array(id) from words where id < 8;
select key, value, type from json_each('{"x":1,"y":[true,false],"z":"s"}');

create virtual table docs using fts5(title, body);
insert into docs values ('wasm', 'a stack machine for the web'), ('sql', 'a query language for tables'), ('c', 'a portable assembly language');
select title, snippet(docs, 1, '[', ']', '..', 5) from docs where docs match 'language' order by rank, title;

select date('2024-02-29', '+1 year'), julianday('2000-01-01 12:00:00'), strftime('%Y-%j %H:%M:%S', 86399.5, 'unixepoch');
select 1/3.0, 1e300*1e10, -9223372036854775808, 9223372036854775807 + 1, 7 % -3, -7 / 2, 0.1 + 0.2, 1e-320;
select round(sin(1), 12), round(exp(2.5), 12), round(pow(2, 0.5), 12), floor(-1.5), log2(1024);
select hex('grüße'), upper('abc'), length('日本語'), unicode('€'), quote(x'00ff'), typeof(1.0), cast('12abc' as integer);
select 'abc' like 'A_c', 'abc' glob 'a*', replace('a-b-c', '-', '+'), instr('hello', 'l'), trim('  x ');
