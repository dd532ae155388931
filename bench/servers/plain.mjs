/**
 * The plain way: Yoga, Pothos and plugin-prisma's relations over the same schema.prisma, as their documentation shows
 * them, without loaders, limits or authorization. The root fields take the organization and filter by it.
 */
import { createServer } from 'node:http'
import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import { PrismaPg } from '@prisma/adapter-pg'
import { createYoga } from 'graphql-yoga'
import { getDatamodel } from '../../src/db/generated/pothos.ts'
import { PrismaClient } from '../../src/db/generated/prisma/client.ts'
import { allowedScopes, mintToken } from '../workloads/w5.ts'

const { DATABASE_URL, POOL_SIZE } = process.env
const prisma = new PrismaClient({
  adapter: new PrismaPg({ connectionString: DATABASE_URL, max: Number(POOL_SIZE) }),
})

const builder = new SchemaBuilder({
  plugins: [PrismaPlugin],
  defaultFieldNullability: false,
  prisma: { client: prisma, dmmf: getDatamodel() },
})

builder.scalarType('DateTime', { serialize: (value) => value.toISOString() })

builder.prismaObject('User', {
  fields: (t) => ({
    id: t.exposeID('id'),
    firstname: t.exposeString('firstname'),
    lastname: t.exposeString('lastname'),
    email: t.exposeString('email'),
    phone: t.exposeString('phone', { nullable: true }),
    language: t.exposeString('language'),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    accesses: t.relation('accesses', { query: { orderBy: { id: 'asc' } } }),
  }),
})

builder.prismaObject('Access', {
  fields: (t) => ({
    id: t.exposeID('id'),
    type: t.exposeString('type'),
    assignments: t.relation('assignments', { query: { orderBy: { roleId: 'asc' } } }),
  }),
})

builder.prismaObject('RoleAssignment', { fields: (t) => ({ role: t.relation('role') }) })

builder.prismaObject('Role', {
  fields: (t) => ({
    id: t.exposeID('id'),
    permissions: t.relation('permissions', { query: { orderBy: { permissionId: 'asc' } } }),
  }),
})

builder.prismaObject('RolePermission', { fields: (t) => ({ permission: t.relation('permission') }) })

builder.prismaObject('Permission', { fields: (t) => ({ id: t.exposeID('id') }) })

const Token = builder.prismaObject('Token', {
  fields: (t) => ({ id: t.exposeID('id'), name: t.exposeString('name') }),
})

builder.queryType({
  fields: (t) => ({
    allowed: t.boolean({
      args: { access: t.arg.int({ required: true }), permission: t.arg.string({ required: true }) },
      resolve: async (_, { access, permission }) => {
        const granting = await prisma.roleAssignment.findFirst({
          where: {
            accessId: access,
            resourceId: null,
            role: { permissions: { some: { permissionId: permission } } },
            access: { user: { OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] } },
          },
        })
        return granting !== null
      },
    }),
    user: t.prismaField({
      type: 'User',
      nullable: true,
      args: { organization: t.arg.string({ required: true }), id: t.arg.string({ required: true }) },
      resolve: (query, _, { organization, id }) =>
        prisma.user.findFirst({ ...query, where: { id, organizationId: organization } }),
    }),
    users: t.prismaField({
      type: ['User'],
      args: {
        organization: t.arg.string({ required: true }),
        limit: t.arg.int({ required: true }),
        offset: t.arg.int({ required: true }),
      },
      resolve: (query, _, { organization, limit, offset }) =>
        prisma.user.findMany({
          ...query,
          where: { organizationId: organization },
          orderBy: { id: 'asc' },
          take: limit,
          skip: offset,
        }),
    }),
    usersAfter: t.prismaField({
      type: ['User'],
      args: {
        organization: t.arg.string({ required: true }),
        first: t.arg.int({ required: true }),
        after: t.arg.string({ required: true }),
      },
      resolve: (query, _, { organization, first, after }) =>
        prisma.user.findMany({
          ...query,
          where: { organizationId: organization, id: { gt: after } },
          orderBy: { id: 'asc' },
          take: first,
        }),
    }),
  }),
})

const IssuedToken = builder.objectRef('IssuedToken').implement({
  fields: (t) => ({
    secret: t.exposeString('secret'),
    token: t.field({ type: Token, resolve: ({ token }) => token }),
  }),
})

builder.mutationType({
  fields: (t) => ({
    issueToken: t.field({
      type: IssuedToken,
      args: {
        organization: t.arg.string({ required: true }),
        access: t.arg.int({ required: true }),
        name: t.arg.string({ required: true }),
        scope: t.arg.stringList({ required: true }),
      },
      resolve: async (_, { organization, access, name, scope }) => {
        const { secret, hash, hint } = mintToken()
        const at = new Date()
        const expiresAt = new Date(at.getTime() + 90 * 24 * 60 * 60 * 1_000)
        const token = await prisma.$transaction(async (transaction) => {
          const created = await transaction.token.create({
            data: {
              organizationId: organization,
              accessId: access,
              name,
              secretHash: new Uint8Array(hash),
              hint,
              scope,
              allowedScopes,
              createdAt: at,
              updatedAt: at,
              expiresAt,
            },
          })
          await transaction.auditEvent.create({
            data: {
              organizationId: organization,
              at,
              subject: 'bench',
              action: 'token.issue',
              targetType: 'Token',
              targetId: String(created.id),
              after: { accessId: access, name, hint, scope, expiresAt: expiresAt.toISOString() },
              outcome: 'SUCCESS',
              requestId: crypto.randomUUID(),
            },
          })
          return created
        })
        return { secret, token }
      },
    }),
  }),
})

const yoga = createYoga({ schema: builder.toSchema(), graphiql: false, landingPage: false, logging: false })
const server = createServer(yoga)
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`))
