/** What a challenge ends with: where the metadata of what was asked is (RFC 9728, section 5.1). */
export function withMetadata(challenge: string, path = '/graphql'): string {
  return `${challenge}, resource_metadata="http://gateway.example/.well-known/oauth-protected-resource${path}"`
}
