/**
 * A generator for `prisma generate`: writes which table and which columns each model has, with their SQL types, so that
 * statements written by hand know them from schema.prisma and from nowhere else.
 */
import { writeFile } from 'node:fs/promises'
import generatorHelper, { type DMMF, type GeneratorOptions } from '@prisma/generator-helper'

const scalarTypes: Readonly<Record<string, string>> = {
  BigInt: 'bigint',
  Boolean: 'boolean',
  Bytes: 'bytea',
  Int: 'integer',
  Json: 'jsonb',
  String: 'text',
}
const nativeTypes: Readonly<Record<string, string>> = { Date: 'date', Timestamptz: 'timestamptz', Uuid: 'uuid' }

generatorHelper.generatorHandler({
  onManifest: () => ({ prettyName: 'the tables', defaultOutput: 'tables.ts' }),
  async onGenerate({ dmmf, generator }: GeneratorOptions) {
    if (typeof generator.output?.value !== 'string') throw new Error('expected an output file')
    const { models, enums } = dmmf.datamodel
    const tables = models.map((model) => `  ${model.name}: ${tableOf(model, enums)},`)
    const head = '// Generated from schema.prisma by tablesGenerator.ts.'
    await writeFile(generator.output.value, `${head}\nexport const modelTables = {\n${tables.join('\n')}\n} as const\n`)
  },
})

function tableOf(model: DMMF.Model, enums: readonly DMMF.DatamodelEnum[]): string {
  const columns = model.fields
    .filter(({ kind }) => kind !== 'object')
    .map((field) => {
      const { name, dbName, isRequired } = field
      return `${name}: { name: '${dbName ?? name}', type: '${sqlTypeOf(field, enums)}', nullable: ${!isRequired} }`
    })
  return `{ table: '${model.dbName ?? model.name}', columns: { ${columns.join(', ')} } }`
}

function sqlTypeOf({ name, type, nativeType, isList }: DMMF.Field, enums: readonly DMMF.DatamodelEnum[]): string {
  const native = nativeType?.[0]
  const enumeration = enums.find((candidate) => candidate.name === type)
  const sqlType =
    native === undefined ? (enumeration?.dbName ?? enumeration?.name ?? scalarTypes[type]) : nativeTypes[native]
  if (sqlType === undefined) throw new Error(`${name}: expected a type that this generator knows, received ${type}`)
  return isList ? `${sqlType}[]` : sqlType
}
