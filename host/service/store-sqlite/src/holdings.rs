//! How many entries lists of services held when a run read them last. The latest word counts; an earlier one goes when a
//! later run of the same step tells of the same list, also with another connection: the workflow was moved to it.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_store::{Activation, ConnectionId, HoldingRow, Holdings, Lists, NewHolding, StoreError};
use rusqlite::Row;

use crate::SqliteStore;
use crate::rows::{Columns, millis, moment, number, params};
use crate::tasks::fence;

fn read(row: &Row<'_>) -> rusqlite::Result<HoldingRow> {
    let field: String = row.column("field")?;
    let bundle: String = row.column("bundle")?;
    let title: Option<String> = row.column("title")?;
    let connection: Option<ConnectionId> = row.column("connection")?;
    let name: Option<String> = row.column("connection_name")?;
    Ok(HoldingRow {
        tenant: row.column("tenant")?,
        connection: connection.zip(name),
        title: title.unwrap_or_else(|| bundle.clone()),
        bundle,
        service: row.column("service")?,
        holding: NewHolding {
            list: row.column("list")?,
            field: (!field.is_empty()).then_some(field),
            entries: row.column::<i64>("entries")?.unsigned_abs(),
            limit: row.column::<Option<i64>>("most")?.map(i64::unsigned_abs),
        },
        run: row.column("run")?,
        workflow_name: row.column("workflow_name")?,
        at: moment(row, "at")?,
    })
}

#[async_trait]
impl Holdings for SqliteStore {
    async fn record_holdings(
        &self,
        activation: Activation,
        step: u32,
        lists: &Lists,
        holdings: &[NewHolding],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let holdings = holdings.to_vec();
        let Lists { tenant, bundle, service } = lists.clone();
        self.write(move |transaction| {
            fence(transaction, activation)?;
            let mut forget = transaction.prepare_cached(
                "DELETE FROM holdings WHERE bundle = ?1 AND service = ?2 AND list = ?3 AND field = ?4 AND step = ?5
                     AND run IN (SELECT id FROM runs WHERE workflow = (SELECT workflow FROM runs WHERE id = ?6))",
            )?;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO holdings (tenant, bundle, service, list, field, entries, most, run, step, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT (tenant, bundle, service, list, field) DO UPDATE SET entries = excluded.entries,
                     most = excluded.most, run = excluded.run, step = excluded.step, at = excluded.at",
            )?;
            for NewHolding { list, field, entries, limit } in holdings {
                let field = field.as_deref().unwrap_or_default();
                forget.execute(params![bundle, service, list, field, step, activation.run])?;
                insert.execute(params![
                    tenant,
                    bundle,
                    service,
                    list,
                    field,
                    number(Some(entries)),
                    number(limit),
                    activation.run,
                    step,
                    millis(now)
                ])?;
            }
            Ok(())
        }).await
    }

    async fn holdings(&self) -> Result<Vec<HoldingRow>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT holdings.*, runs.workflow_name, bundles.title, connections.id AS connection,
                    connections.name AS connection_name
                FROM holdings JOIN runs ON runs.id = holdings.run
                LEFT JOIN run_steps ON run_steps.run = holdings.run AND run_steps.place = holdings.step
                LEFT JOIN connections ON connections.id = run_steps.connection
                LEFT JOIN bundles ON bundles.bundle = holdings.bundle AND bundles.current = 1
                ORDER BY bundles.title COLLATE alphabetical, service COLLATE alphabetical, tenant,
                    list COLLATE alphabetical, field COLLATE alphabetical";
            Ok(connection.prepare_cached(sql)?.query_map([], read)?.collect::<Result<_, _>>()?)
        })
        .await
    }
}
