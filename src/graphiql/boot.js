/**
 * Runs in the browser, after GraphiQL's own script: reads the configuration that the page carries and opens GraphiQL.
 * Plain JavaScript, because it is served as it stands here.
 */
const config = JSON.parse(document.getElementById('config').textContent)

globalThis.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_moduleId, label) => config.workers[label] }

// Whatever else runs on this port from day to day (localhost:4000) has a GraphiQL too, and keeps its tabs under the
// same names in the same localStorage. A prefix keeps them apart.
const prefix = 'iam-graph:'
const storage = {
  getItem: (key) => localStorage.getItem(prefix + key),
  setItem: (key, value) => localStorage.setItem(prefix + key, value),
  removeItem: (key) => localStorage.removeItem(prefix + key),
  get length() {
    return ownKeys().length
  },
  clear() {
    for (const key of ownKeys()) localStorage.removeItem(key)
  },
}

function ownKeys() {
  return Object.keys(localStorage).filter((key) => key.startsWith(prefix))
}

/**
 * Makes the tabs of the last visit safe to open again. They are dropped where the examples have changed since, because
 * their variables name rows that may be gone. Otherwise GraphiQL finds the tab to open by comparing the stored query and
 * variables with those of each tab, and adds an untitled tab where none is equal: so these are set to the active tab's.
 */
function prepareStoredTabs() {
  if (storage.getItem('tabsHash') !== config.tabsHash) {
    for (const key of ['graphiql:tabState', 'graphiql:query', 'graphiql:variables']) storage.removeItem(key)
    storage.setItem('tabsHash', config.tabsHash)
    return
  }
  const stored = JSON.parse(storage.getItem('graphiql:tabState') ?? 'null')
  const active = stored?.tabs?.[stored.activeTabIndex]
  if (active === undefined) return
  storage.setItem('graphiql:query', active.query ?? '')
  storage.setItem('graphiql:variables', active.variables ?? '')
}

prepareStoredTabs()

// Dragging a tab is out of order in this version of GraphiQL (see page.css), and a click that moves by three pixels
// counts as one.
document.addEventListener(
  'pointerdown',
  (event) => {
    if (event.target.closest('.graphiql-tab') !== null) event.stopPropagation()
  },
  true,
)

const hasHeaders = Object.keys(config.headers).length > 0
const headers = hasHeaders ? JSON.stringify(config.headers, null, 2) : undefined

globalThis.YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
  endpoint: config.endpoint,
  // The logo alone leaves room for the tabs.
  title: '',
  logo: `<img src="${config.icon}" width="32" height="32" alt="iam-graph">`,
  storage,
  headers,
  // A header kept from the last visit would win over the one that the page carries now, and the gateway signs new demo
  // JWTs at each start. It also has no business in localStorage.
  shouldPersistHeaders: false,
  defaultTabs: config.tabs.map(({ query, variables }) => ({
    query,
    variables: variables === undefined ? null : JSON.stringify(variables, null, 2),
    headers: headers ?? null,
  })),
  defaultEditorToolsVisibility: hasHeaders ? 'headers' : 'variables',
  // GraphiQL would write each keystroke into the address, and from there into the browser's history.
  onEditQuery() {},
})
