// What npm's pg does with a server, told as one JSON object on standard output. DSN comes from the environment.
const { Client, Pool } = require('pg')

async function failure (promise) {
  try {
    await promise
  } catch (error) {
    return [error.code, error.message, error.detail, error.hint, error.position]
  }
  return 'no error'
}

async function tell (client, told) {
  const notices = []
  client.on('notice', notice => notices.push([notice.severity, notice.message, notice.detail, notice.hint]))
  told.simple = (await client.query('select 1 as one, null as none, \'é\' as text; select 2 as two')).map(result => result.rows)
  told.typed = (await client.query('select * from people where id = $1', [3])).rows
  told.fields = (await client.query('select id, name from people limit 0')).fields.map(field => [field.name, field.dataTypeID])
  told.parameters = (await client.query('select $1::int[] as a, $2::jsonb as j, $3::bytea as b, $4::timestamptz as t, $5::text as n',
    [[1, null], { x: 1 }, Buffer.from([0, 255]), new Date(0), null])).rows
  told.named = []
  for (const id of [1, 2, 3]) {
    const result = await client.query({ name: 'person', text: 'select name from people where id = $1', values: [id] })
    told.named.push(result.rows[0].name)
  }
  told.arrays = (await client.query({ text: 'select id, mood from people order by id limit 2', rowMode: 'array' })).rows
  told.binary = (await client.query({ text: 'select 7::int4 as i, true as b, 1.5::float8 as f', binary: true })).rows
  told.unique = await failure(client.query('insert into people(id, name) values ($1, $2)', [1, 'x']))
  told.syntax = await failure(client.query('selekt 1'))
  told.division = await failure(client.query('select 1 / $1::int', [0]))
  await client.query('begin')
  told.inside = await failure(client.query('select nothing'))
  told.aborted = await failure(client.query('select 1'))
  await client.query('rollback')
  await client.query('begin')
  told.counts = (await client.query('update people set balance = balance where id < 4')).rowCount
  await client.query('rollback') // rows keep their order for the conversations beside this one
  await client.query('select noisy(\'notice\'), noisy(\'warning\')')
  told.notices = notices
  told.queued = (await Promise.all([1, 2, 3, 4].map(n => client.query('select $1::int as n', [n])))).map(result => result.rows[0].n)
  told.large = (await client.query('select repeat(\'x\', 300000) as x, n from generate_series(1, 20) n')).rows.length
  const heard = new Promise(resolve => client.on('notification', said => resolve([said.channel, said.payload])))
  await client.query('listen from_node')
  await client.query('notify from_node, \'hello\'')
  told.notification = await heard
}

async function main () {
  const told = {}
  const client = new Client({ connectionString: process.env.DSN })
  await client.connect()
  await tell(client, told)
  await client.end()
  const pool = new Pool({ connectionString: process.env.DSN, max: 4 })
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => pool.query('select $1::int as n', [n])))
  told.pool = answers.map(result => result.rows[0].n)
  await pool.end()
  const wrong = new Client({ connectionString: process.env.WRONG_DSN })
  told.wrong = (await failure(wrong.connect())).slice(0, 2)
  console.log(JSON.stringify(told))
}

main().catch(error => { console.error(error); process.exit(1) })
