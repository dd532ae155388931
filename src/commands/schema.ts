/** The command that prints what clients build upon: the schema, the subgraph, the form of import. */

interface SchemaCommand {
  readonly subgraph?: boolean
  readonly import?: boolean
}

/** Prints one of them. */
export async function printSchema({ subgraph, import: ofImport }: SchemaCommand): Promise<void> {
  if (ofImport) {
    const { lineJsonSchema } = await import('../transfer/lineSchema.ts')
    process.stdout.write(`${JSON.stringify(lineJsonSchema(), null, 2)}\n`)
    return
  }
  const { publicSdl, subgraphSdl } = await import('../schema/sdl.ts')
  process.stdout.write(subgraph ? await subgraphSdl() : publicSdl())
}
