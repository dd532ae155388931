/** Keeps ranges of ids free for rows that are inserted with ids of their own. */
import type { ClientBase } from 'pg'

/**
 * Makes each table's sequence go on from its first free id, so that rows inserted without an id never take a lower one.
 * A sequence that is beyond it already stays there. It also takes effect for transactions that run at the same time.
 */
export async function reserveIds(client: ClientBase, firstFreeIds: Readonly<Record<string, number>>): Promise<void> {
  for (const [table, firstFreeId] of Object.entries(firstFreeIds)) {
    await client.query(
      `SELECT CASE WHEN nextval(sequence) < $1::int THEN setval(sequence, $1::int, false) END
       FROM CAST(pg_get_serial_sequence($2, 'id') AS regclass) AS sequence`,
      [firstFreeId, table],
    )
  }
}
