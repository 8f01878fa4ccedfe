pragma journal_mode=delete;
pragma page_size=1024;
create table item(id integer primary key, name text not null unique, price real, data blob);
create index by_price on item(price desc);
begin;
with recursive n(i) as (values(1) union all select i+1 from n where i<3000)
insert into item select i, 'item ' || i, (i * 7919) % 1000 / 8.0, zeroblob(i % 50) from n;
commit;
-- Rolled back: the journal has to restore the pages.
begin;
delete from item where id % 2 = 0;
update item set name = name || '!';
rollback;
delete from item where id % 10 = 0;
update item set price = price + 0.5 where id between 100 and 200;
create table log(at integer, what text);
create trigger on_delete after delete on item begin insert into log values (old.id, 'deleted ' || old.name); end;
delete from item where id in (1, 2, 3);
vacuum;
