/** Tokens whose access is there, as it is for all of the demo's. */
export function withAccess<Row extends { readonly access: object | null }>(rows: readonly Row[]) {
  return rows.flatMap((row) => {
    const { access } = row
    return access === null ? [] : [{ ...row, access: access as NonNullable<Row['access']> }]
  })
}
