/**
 * Settings for documents of any shape whose answers stay small. One connection to the database: so statements keep their
 * order, and with them what fails first.
 */
export const manyShapes: Readonly<Record<string, string>> = Object.freeze({
  MAX_COST: '5000',
  MAX_WORK: '200000',
  MAX_ALIASES: '1000',
  MAX_DOCUMENT_TOKENS: '20000',
  MAX_DEPTH: '30',
  MAX_ROOT_FIELDS: '100',
  DATABASE_POOL_SIZE: '1',
})
