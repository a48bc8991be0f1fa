// Upload a file by tus-js-client; stop after some bytes, or go on with an upload. Options and
// results are JSON: {url, endpoint, token, file, metadata, protocol, chunkSize, stopAt, terminate}.
const fs = require('node:fs')
const tus = require('tus-js-client')

const asked = JSON.parse(process.argv[2])
const say = (result) => process.stdout.write(JSON.stringify(result))

const upload = new tus.Upload(fs.createReadStream(asked.file), {
  endpoint: asked.endpoint,
  uploadUrl: asked.url,
  uploadSize: fs.statSync(asked.file).size,
  protocol: asked.protocol,
  chunkSize: asked.chunkSize,
  headers: { Authorization: asked.token },
  metadata: asked.metadata ?? {},
  retryDelays: null,
  onError: (error) => say({ error: String(error) }),
  onSuccess: () => say({ url: upload.url, done: true }),
  onChunkComplete: async (_, sent) => {
    if (asked.stopAt && sent >= asked.stopAt) {
      await upload.abort(Boolean(asked.terminate))
      say({ url: upload.url, sent, done: false })
    }
  },
})
upload.start()
