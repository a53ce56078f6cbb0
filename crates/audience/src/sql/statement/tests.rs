use super::*;

fn why(statement: &str) -> String {
    check(statement, &[]).unwrap_err().why
}

#[test]
fn ordinary_selects_pass_as_they_are() {
    for statement in [
        "select email, name from customers",
        "SELECT lower(email), Coalesce(name, 'x;y') FROM public.customers -- all of them; really\n",
        "with a(x) as (select 1), b as materialized (select count(*) from a) select * from b",
        "values (1, 'a'), (2, 'b')",
        "(select 1) union all (select 2)",
        "select cast(x as numeric(10,2)), y::varchar(20) from t where z in (1, 2) and exists (select 1)",
        "select sum(x) filter (where y > 0) over (partition by z) from t as t(x, y, z)",
        "select percentile_cont(0.5) within group (order by x) from t",
        "select pg_catalog.upper(a), $$it's; here$$, E'\\'; drop', \"weird;name\" from t",
        "select $tag$ pg_sleep(1) $tag$ /* pg_sleep(2); /* nested */ */ from t",
        "select 'pg_sleep(1)' as \"pg_sleep(1)\"",
        "select n, x from generate_series(1, 3) s(n), (select 1) as a, (values (1)) b(x)",
        "select 1 from a join b using (id) where (a.x, a.y) = any (select 1, 2)",
    ] {
        assert_eq!(check(statement, &[]), Ok(statement));
    }
    assert_eq!(check("select 1 ; -- done ;", &[]), Ok("select 1 "));
}

#[test]
fn two_statements_and_other_statements_are_refused() {
    for statement in [
        "select 1; drop table customers",
        "select 1;; select 2",
        "select ';' ; delete from a",
        "select 'a\\'; drop table b; --'",
    ] {
        assert_eq!(
            why(statement),
            "it is more than one statement",
            "{statement}"
        );
    }
    for statement in [
        "insert into a values (1)",
        "update a set b = 1",
        "delete from a",
        "drop table a",
        "copy a to program 'sh'",
        "do $$ begin end $$",
        "explain analyze select 1",
        "set role postgres",
        "call f()",
        "\"select\" 1",
        "table a",
        "1",
    ] {
        assert!(why(statement).contains("does not begin"), "{statement}");
    }
    assert_eq!(why(" -- nothing"), "it is empty");
    assert_eq!(why("select 1 into new_table"), "it writes with SELECT INTO");
    for (statement, word) in [
        (
            "with a as (delete from b returning *) select * from a",
            "DELETE",
        ),
        (
            "with a as (Insert into b values (1) returning *) select 1",
            "INSERT",
        ),
        (
            "with a as materialized (update only b set c = 1 returning c) select c from a",
            "UPDATE",
        ),
        (
            "select * from (merge into b using c on true when matched then delete) x",
            "MERGE",
        ),
    ] {
        assert_eq!(why(statement), format!("it writes, with {word} inside"));
    }
    let named = "select (update), (delete) from t where (delete and x) or (update is null)";
    assert_eq!(check(named, &[]), Ok(named));
    assert_eq!(why("select $1"), "it has a parameter ($1)");
}

#[test]
fn functions_that_are_not_known_to_be_harmless_are_refused_however_they_are_written() {
    for statement in [
        "select pg_sleep(10)",
        "select PG_SLEEP (10)",
        "select pg_catalog.pg_sleep(10)",
        "select pg_catalog . pg_sleep /* here */ (10)",
        "select \"pg_sleep\"(10)",
        "select \"pg_catalog\".\"pg_sleep\"(10)",
        "select 1 from t, lateral pg_sleep(1)",
        "select 1 where exists (select pg_sleep(1))",
        "select lower(pg_read_file('/etc/passwd'))",
        "with a as (select 1), dblink(x) as (select 2) select 1",
        "select 1 from t, dblink(conn) as (a int)",
        "select distinct on (a) pg_sleep(1) from t",
        "select distinct on (a, (b)) dblink(a) from t",
        "select 1 operator(pg_catalog.+) pg_sleep(1)",
        "select 1 from t join u on (a = b) pg_sleep(c)",
        "select other.lower('x')",
        "select set_config('a', 'b', false)",
        "select nextval('s')",
        "select pg_advisory_lock(1)",
        "select query_to_xml('delete from a', true, true, '')",
        "select lo_import('/etc/passwd')",
        "select repeat('x', 1000000000)",
        "select pg_terminate_backend(1)",
        "select \"count\"(1), \"Count\"(2)",
        "select \"as\"(1)",
        "select x.\"select\"(1)",
    ] {
        let why = why(statement);
        assert!(why.contains("not on the list"), "{statement}: {why}");
    }
    let extra = ["crm.segment".to_owned(), "similarity".to_owned()];
    assert!(check("select crm.segment(id), similarity(a, b) from t", &extra).is_ok());
    assert!(check("select other.segment(id) from t", &extra).is_err());
}

#[test]
fn what_hides_the_end_of_a_text_or_name_is_refused() {
    for statement in [
        "select U&'\\0061'",
        "select u&\"\\0061\"(1)",
        "select 'never ends",
        "select \"never ends",
        "select $a$ never ends $b$",
        "select /* never ends",
        "select (1",
        "select 1)",
    ] {
        assert!(check(statement, &[]).is_err(), "{statement}");
    }
    assert!(why(&format!("select {}1{}", "(".repeat(300), ")".repeat(300))).contains("200 deep"));
    assert!(why(&format!("select '{}'", "x".repeat(200_000))).contains("100 KiB"));
    assert!(why("select '\0'").contains("zero character"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_checked_without_a_panic(text in "\\PC{0,200}") {
        drop(check(&text, &[]));
        drop(check(&format!("select {text}"), &[]));
    }

    #[test]
    fn what_passes_has_no_semicolon_outside_texts_names_and_comments(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "select ", "'", "\"", ";", "--", "\n", "/*", "*/", "$$", "$a$", "E'", "\\", "x", "(", ")", " ",
            ]),
            0..30,
        )
    ) {
        let statement = format!("select {}", parts.concat());
        if let Ok(checked) = check(&statement, &[]) {
            let tokens = tokens::split(checked).unwrap();
            assert!(tokens.iter().all(|(_, token)| *token != Token::Symbol(';')));
        }
    }
}
