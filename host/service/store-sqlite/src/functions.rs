//! What the statements need that SQLite does not have: the order of lists, and letters of every script in lower case. The schema
//! names neither, so that any SQLite program can open the state.

use palisade_store::{alphabetical, folded};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// Gives a connection the collation `alphabetical` and the function `folded`.
pub(crate) fn register(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_collation("alphabetical", alphabetical)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("folded", 1, flags, |context| {
        Ok(context.get::<Option<String>>(0)?.map(|text| folded(&text)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_and_rust_have_one_order() {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        connection.execute_batch("CREATE TABLE t (name TEXT)").unwrap();
        let names = ["Zoo", "apple", "é", "f", "e", "run 10", "run 2", "ÄRGER", "Arger", "arger", ""];
        for name in names {
            connection.execute("INSERT INTO t VALUES (?1)", [name]).unwrap();
        }
        let mut sorted = names.to_vec();
        sorted.sort_by(|one, other| alphabetical(one, other));
        let mut statement =
            connection.prepare("SELECT name FROM t ORDER BY name COLLATE alphabetical").unwrap();
        let by_sql: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(by_sql, sorted);
        let found: i64 = connection
            .query_row("SELECT COUNT(*) FROM t WHERE INSTR(folded(name), ?1) > 0", [folded("äRGer")], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(found, 1);
        let none: Option<String> = connection.query_row("SELECT folded(NULL)", [], |row| row.get(0)).unwrap();
        assert_eq!(none, None);
    }
}
