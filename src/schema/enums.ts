/** The enums that several types share. */
import { builder } from './builder.ts'

export const Language = builder.enumType('Language', {
  description: 'A language that a user is addressed in, or that an API answers in.',
  values: {
    EN: { description: 'English.' },
    FR: { description: 'French.' },
    DE: { description: 'German.' },
  },
})

export const AccessType = builder.enumType('AccessType', {
  description: 'The kinds of ways to sign in.',
  values: {
    UI_CONNECTION: { description: 'A person who signs in to the web interface with a password.' },
    SSO_CONNECTION: { description: "A person who signs in through the organization's identity provider." },
    API_CONNECTION: { description: 'A program that calls the API.' },
    PROFILE: {
      description: 'A profile that holds roles for others to work under. It signs in nowhere and holds no tokens.',
    },
  },
})

export const OrderDirection = builder.enumType('OrderDirection', {
  description: 'Which end of an order comes first.',
  values: {
    ASC: { description: 'The smallest, or the earliest, first.' },
    DESC: { description: 'The largest, or the latest, first.' },
  },
})
