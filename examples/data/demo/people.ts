/** The people of the demo, machines among them: who they are, how they sign in, and what they may do. */
import { api, type DemoPerson, peopleOf, profile, sso, ui, uiWithoutSecondFactor } from './person.ts'

const lakeside = peopleOf(1)
const lumiere = peopleOf(2)
const meridian = peopleOf(3)

const staff = { provider: 'lakeside.example' }
const partner = { provider: 'partners.lakeside.example' }
const agency = { provider: 'lumiere.example' }
const registrar = { provider: 'meridian.example' }

/** In the order of their access ids. The first of each organization founded it. New people go to the end. */
export const demoPeople: readonly DemoPerson[] = Object.freeze([
  lakeside('Ada', 'Lovelace', 'EN', [
    ui('administrator'),
    api('Provisioning', 'zone-admin', 'domain-manager', 'token-operator'),
    profile('On call', 'zone-editor@example.com', 'dnssec-operator'),
  ]),
  lakeside('Oliver', 'Bennett', 'EN', [sso('zone-reader', 'domain-reader')], staff),
  lakeside('Grace', 'Whitfield', 'EN', [sso('zone-admin'), profile('Billing review', 'billing-reader')], staff),
  lakeside('Zoë', 'Hartmann', 'DE', [sso('zone-editor@example.com', 'zone-editor@example.net')], staff),
  lakeside('Niamh', "O'Connor", 'EN', [sso('user-admin'), api('Joiners & leavers', 'user-admin')], staff),
  lakeside('Tobias', 'Krämer', 'DE', [ui('domain-manager', 'contact-manager')]),
  lakeside('Priya', 'Raman', 'EN', [sso('certificate-manager'), api('Certificate bot', 'certificate-manager')], staff),
  lakeside('Łukasz', 'Żółkiewski', 'EN', [sso('dnssec-operator', 'zone-reader')], staff),
  lakeside('Hannah', 'Vogel', 'DE', [ui('billing-manager'), profile('Approvals', 'billing-manager')]),
  lakeside('Samuel', 'Okafor', 'EN', [sso('token-operator'), api('Token janitor', 'token-operator')], staff),
  lakeside('Marguerite', "D'Aubigné", 'FR', [uiWithoutSecondFactor('contact-manager')]),
  lakeside('Felix', 'Brandt', 'DE', [sso('zone-editor@lakeside.example')], staff),
  lakeside('Chloe', 'Sinclair', 'EN', [sso('auditor')], staff),
  lakeside('Terraform', 'Pipeline', 'EN', [
    api('Terraform', 'zone-admin', 'certificate-manager'),
    api('Terraform dry run', 'zone-reader', 'certificate-reader'),
  ]),
  lakeside('Nightly', 'Backup', 'EN', [api('100%_nightly_sync', 'zone-reader')]),
  lakeside('ACME', 'Solver', 'EN', [api('acme example.com', 'acme-solver@example.com')]),
  lakeside('Dynamic', 'DNS', 'DE', [api('dyndns home office', 'zone-editor@lakeside.example')]),
  lakeside('Ingrid', 'Sørensen', 'EN', [sso('zone-reader@example.com')], { ...partner, endsInDays: 90 }),
  lakeside('Mateo', 'Fernández', 'EN', [sso('zone-editor@example.net')], { ...partner, endsInDays: 365 }),
  lakeside('Yuki', 'Tanaka', 'EN', [sso('certificate-reader')], { ...partner, endsInDays: -12 }),
  lakeside('Bruno', 'Steiner', 'DE', [ui('zone-admin'), api('Bruno’s scripts', 'zone-admin')], { endsInDays: -45 }),
  lakeside('Amelia', 'Clarke', 'EN', [sso('billing-reader'), uiWithoutSecondFactor('billing-reader')], staff),
  lakeside('Jonas', 'Weiß', 'DE', [sso('zone-reader'), profile('Zone transfer', 'zone-admin@lakeside.example')], staff),
  lakeside('Leila', 'Haddad', 'FR', [sso('domain-reader', 'certificate-reader')], staff),
  lakeside('Connor', 'Murphy', 'EN', [sso('zone-editor@example.com'), profile('Support', 'domain-reader')], staff),
  lakeside('Svenja', 'Lorenz', 'DE', [ui('domain-reader')]),
  lakeside('Nguyễn', 'Thị Ánh', 'EN', [sso('zone-reader')], staff),
  lakeside('Theo', 'Marchetti', 'EN', [uiWithoutSecondFactor()]),
  lakeside('Monitoring', 'Probe', 'EN', [api('Uptime probe', 'zone-reader@example.com', 'zone-reader@example.net')]),
  lakeside('Ruth', 'Abramson', 'EN', [ui('billing-reader', 'auditor')], { endsInDays: 30 }),

  lumiere('Camille', 'Rousseau', 'FR', [ui('administrator'), profile('Garde', 'zone-admin')]),
  lumiere('Étienne', 'Lefèvre', 'FR', [sso('zone-reader', 'domain-reader', 'certificate-reader')], agency),
  lumiere(
    'Anaïs',
    'Moreau',
    'FR',
    [sso('zone-editor@example.org'), api('Site de campagne', 'zone-editor@example.org')],
    agency,
  ),
  lumiere('Julien', 'Garnier', 'FR', [sso('domain-manager')], agency),
  lumiere('Margot', 'Dubois', 'FR', [sso('certificate-manager'), profile('Vacances', 'certificate-reader')], agency),
  lumiere('François', 'N’Diaye', 'FR', [ui('billing-manager')]),
  lumiere('Solène', 'Le Goff', 'FR', [sso('contact-manager')], agency),
  lumiere('Hugo', 'Petit', 'FR', [sso('zone-editor@lumiere.example')], agency),
  lumiere('Inès', 'Benali', 'FR', [sso('user-admin', 'token-operator')], agency),
  lumiere('Lena', 'Schubert', 'DE', [ui('zone-reader')]),
  lumiere('Robot', 'Déploiement', 'FR', [api('Déploiement', 'zone-admin@lumiere.example', 'acme-solver')]),
  lumiere('Robot', 'Factures', 'FR', [api('Export des factures', 'billing-reader')]),
  lumiere('Baptiste', 'Colin', 'FR', [sso('dnssec-operator')], { ...agency, endsInDays: 180 }),
  lumiere('Maëlle', 'Caron', 'FR', [sso('zone-reader@xn--lumire-6ua.example')], { ...agency, endsInDays: -200 }),
  lumiere('Victor', 'Hébert', 'FR', [uiWithoutSecondFactor('domain-reader')], { endsInDays: -3 }),
  lumiere('Noémie', 'Fontaine', 'FR', [sso('billing-reader')], agency),
  lumiere('Luc', 'Perrin', 'FR', [sso('auditor'), profile('Audit annuel', 'auditor', 'billing-reader')], agency),
  lumiere('Emma', 'Thompson', 'EN', [ui('zone-editor@example.org', 'domain-reader')]),

  meridian('Helena', 'Novak', 'EN', [ui('administrator'), api('Registry bridge', 'domain-manager', 'contact-manager')]),
  meridian('Edmund', 'Ashworth', 'EN', [sso('auditor', 'billing-reader')], registrar),
  meridian('Katrin', 'Baumann', 'DE', [sso('domain-manager'), profile('Transfers', 'domain-manager')], registrar),
  meridian('Rafael', 'Oliveira', 'EN', [sso('contact-manager', 'domain-reader')], registrar),
  meridian('Stefan', 'Zimmermann', 'DE', [sso('zone-admin', 'dnssec-operator')], registrar),
  meridian('Claire', 'Delacroix', 'FR', [sso('billing-manager')], registrar),
  meridian('Mohammed', 'Al-Farsi', 'EN', [ui('certificate-manager')]),
  meridian('Isla', 'MacLeod', 'EN', [sso('user-admin')], registrar),
  meridian('Whois', 'Mirror', 'EN', [api('WHOIS mirror', 'domain-reader')]),
  meridian('Escrow', 'Deposit', 'EN', [api('Escrow deposit', 'domain-reader', 'contact-manager')]),
  meridian('Peter', 'Lindqvist', 'EN', [sso('zone-reader@meridian.example')], { ...registrar, endsInDays: 60 }),
  meridian('Anna', 'Schröder', 'DE', [uiWithoutSecondFactor('domain-reader')], { endsInDays: -400 }),
])
