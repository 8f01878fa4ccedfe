.mode csv
pragma integrity_check;
select count(*), sum(id), sum(price), sum(length(data)) from item;
select * from item where id between 98 and 102;
select name, price from item order by price desc, id limit 12;
select * from log;
select name, type from sqlite_master order by name;
