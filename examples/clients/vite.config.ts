import { defineConfig } from 'vite'

export default defineConfig({
  server: { proxy: { '/graphql': process.env.GATEWAY ?? 'http://127.0.0.1:4000' } },
})
