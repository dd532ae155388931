/** The roles and permissions of a DNS and domain registrar, which the demo data and the bulk seed share. */

export interface CataloguePermission {
  readonly id: string
  readonly description: string
}

export interface CatalogueRole {
  readonly id: string
  readonly description: string
  /** Whether it makes sense on one zone only. */
  readonly limitable: boolean
  /** The ids of its permissions; a trailing `*` stands for all that begin so. */
  readonly permissions: readonly string[]
}

/** Every permission, by area. */
export const permissions: readonly CataloguePermission[] = Object.freeze([
  permission('dns.zone.read', 'List zones and see their settings.'),
  permission('dns.zone.create', 'Create a zone.'),
  permission('dns.zone.update', 'Change the settings of a zone, such as its default time to live.'),
  permission('dns.zone.delete', 'Delete a zone with all its records.'),
  permission('dns.zone.export', 'Download a zone as a zone file.'),
  permission('dns.zone.import', 'Replace the records of a zone by those of a zone file.'),
  permission('dns.zone.transfer', 'Allow secondary name servers to transfer a zone.'),
  permission('dns.record.read', 'See the records of a zone.'),
  permission('dns.record.create', 'Add a record to a zone.'),
  permission('dns.record.update', 'Change a record of a zone.'),
  permission('dns.record.delete', 'Remove a record from a zone.'),
  permission('dns.record.history', 'See who changed a record, when, and from what.'),
  permission('dns.dnssec.read', 'See the signing state and the keys of a zone.'),
  permission('dns.dnssec.enable', 'Sign a zone.'),
  permission('dns.dnssec.disable', 'Stop signing a zone.'),
  permission('dns.dnssec.rollover', 'Replace the signing keys of a zone.'),
  permission('dns.statistics.read', 'See how often a zone is asked for.'),

  permission('domain.name.read', 'List domains and see their registration data.'),
  permission('domain.name.register', 'Register a domain, which costs its yearly fee.'),
  permission('domain.name.renew', 'Renew a domain, which costs its yearly fee.'),
  permission('domain.name.delete', 'Give a domain back to its registry.'),
  permission('domain.name.restore', 'Restore a deleted domain within its redemption period.'),
  permission('domain.transfer.in', 'Transfer a domain from another registrar.'),
  permission('domain.transfer.out', 'Approve the transfer of a domain to another registrar.'),
  permission('domain.auth-code.read', 'See the authorization code that a transfer asks for.'),
  permission('domain.lock.update', 'Lock a domain against transfer and deletion, and unlock it.'),
  permission('domain.nameserver.update', 'Change the name servers of a domain.'),
  permission('domain.auto-renew.update', 'Switch the automatic renewal of a domain on or off.'),

  permission('contact.handle.read', 'List contacts and see their addresses.'),
  permission('contact.handle.create', 'Create a contact.'),
  permission('contact.handle.update', 'Change the data of a contact.'),
  permission('contact.handle.delete', 'Delete a contact that no domain uses.'),
  permission('contact.handle.verify', 'Confirm the data of a contact to the registry.'),
  permission('contact.assignment.update', 'Change which contacts a domain has.'),

  permission('certificate.order.read', 'List certificates and their orders.'),
  permission('certificate.order.create', 'Order a certificate, which costs its fee.'),
  permission('certificate.order.cancel', 'Cancel the order of a certificate.'),
  permission('certificate.file.download', 'Download an issued certificate with its chain.'),
  permission('certificate.file.renew', 'Renew a certificate before it ends.'),
  permission('certificate.file.revoke', 'Revoke a certificate for good.'),

  permission('billing.invoice.read', 'List and download invoices.'),
  permission('billing.order.read', 'List orders and what they cost.'),
  permission('billing.price.read', 'See the price list of the organization.'),
  permission('billing.payment-method.read', 'See the stored payment methods.'),
  permission('billing.payment-method.update', 'Add and remove payment methods.'),
  permission('billing.budget.update', 'Set the monthly budget and who is warned about it.'),

  permission('iam.user.read', 'List users and see their data.'),
  permission('iam.user.create', 'Create a user.'),
  permission('iam.user.update', 'Change the data of a user and its end date.'),
  permission('iam.user.delete', 'Delete a user.'),
  permission('iam.access.read', 'List accesses and the roles that they hold.'),
  permission('iam.access.create', 'Give a user a new way to sign in.'),
  permission('iam.access.update', 'Change an access, such as its second factor.'),
  permission('iam.access.delete', 'Take a way to sign in from a user.'),
  permission('iam.role.read', 'List roles and the permissions in them.'),
  permission('iam.role.assign', 'Give roles to accesses and take them away.'),
  permission('iam.token.read', 'List API tokens and see what they may do.'),
  permission('iam.token.issue', 'Issue an API token.'),
  permission('iam.token.deactivate', 'Deactivate, reactivate and revoke API tokens.'),
  permission('iam.audit.read', 'Read the audit trail of the organization.'),
])

/** Every role. `administrator` is the only one that holds every permission. */
export const roles: readonly CatalogueRole[] = Object.freeze([
  role('administrator', "Everything, for those who run the organization's account.", false, '*'),
  role('zone-admin', 'Everything about zones, their records and their signing.', true, 'dns.*'),
  role(
    'zone-editor',
    'Changes records, but neither creates nor deletes zones.',
    true,
    'dns.zone.read',
    'dns.zone.export',
    'dns.record.*',
    'dns.dnssec.read',
    'dns.statistics.read',
  ),
  role(
    'zone-reader',
    'Sees zones and records.',
    true,
    'dns.zone.read',
    'dns.zone.export',
    'dns.record.read',
    'dns.record.history',
    'dns.dnssec.read',
    'dns.statistics.read',
  ),
  role(
    'acme-solver',
    'Answers the DNS challenges of certificate authorities; for machines.',
    true,
    'dns.zone.read',
    'dns.record.read',
    'dns.record.create',
    'dns.record.delete',
  ),
  role(
    'dnssec-operator',
    'Signs zones and replaces their keys.',
    true,
    'dns.zone.read',
    'dns.record.read',
    'dns.dnssec.*',
  ),
  role(
    'domain-manager',
    'Registers, renews, transfers and deletes domains.',
    false,
    'domain.*',
    'contact.handle.read',
    'contact.assignment.update',
    'billing.price.read',
  ),
  role('domain-reader', 'Sees domains and their contacts.', false, 'domain.name.read', 'contact.handle.read'),
  role('contact-manager', 'Keeps the contacts of domains right.', false, 'contact.*', 'domain.name.read'),
  role('certificate-manager', 'Orders, renews and revokes certificates.', true, 'certificate.*', 'billing.price.read'),
  role(
    'certificate-reader',
    'Sees and downloads certificates.',
    true,
    'certificate.order.read',
    'certificate.file.download',
  ),
  role('billing-manager', 'Handles invoices, payment methods and the budget.', false, 'billing.*'),
  role(
    'billing-reader',
    'Sees invoices, orders and prices.',
    false,
    'billing.invoice.read',
    'billing.order.read',
    'billing.price.read',
  ),
  role('user-admin', 'Manages users, their accesses, roles and tokens.', false, 'iam.*'),
  role(
    'token-operator',
    'Issues and deactivates API tokens.',
    false,
    'iam.user.read',
    'iam.access.read',
    'iam.role.read',
    'iam.token.*',
  ),
  role(
    'auditor',
    'Sees everything that is about people and changes nothing.',
    false,
    'iam.user.read',
    'iam.access.read',
    'iam.role.read',
    'iam.token.read',
    'iam.audit.read',
  ),
])

/** Which permissions each role holds, with every `*` written out. */
export const rolePermissions: ReadonlyMap<string, readonly string[]> = new Map(
  roles.map((each) => [each.id, permissions.map(({ id }) => id).filter((id) => each.permissions.some(covers(id)))]),
)

function covers(permissionId: string): (pattern: string) => boolean {
  return (pattern) => (pattern.endsWith('*') ? permissionId.startsWith(pattern.slice(0, -1)) : permissionId === pattern)
}

function permission(id: string, description: string): CataloguePermission {
  return Object.freeze({ id, description })
}

function role(id: string, description: string, limitable: boolean, ...permissionIds: string[]): CatalogueRole {
  return Object.freeze({ id, description, limitable, permissions: Object.freeze(permissionIds) })
}
