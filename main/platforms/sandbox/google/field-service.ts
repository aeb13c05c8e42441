/** GoogleAdsFieldService: what can be asked for. Understands the one kind of query that clients send: SELECT … WHERE name … */
import { FIELDS, selectableWith } from './gaql-plan.ts'
import { RESOURCES } from './catalog.ts'
import { parseQuery } from './gaql-parse.ts'
import { camel, scalarText } from './proto-json.ts'

interface FieldRow {
  readonly name: string
  readonly values: Readonly<Record<string, unknown>>
}

function rows(): readonly FieldRow[] {
  const all: FieldRow[] = RESOURCES.map((resource) => ({
    name: resource.name,
    values: {
      name: resource.name,
      category: 'RESOURCE',
      selectable: false,
      filterable: false,
      sortable: false,
      attributeResources: resource.attributed,
    },
  }))
  for (const field of FIELDS.values()) {
    const prefix = field.name.slice(0, field.name.indexOf('.'))
    const isMessage = field.type === 'MESSAGE'
    const values = {
      name: field.name,
      category: prefix === 'metrics' ? 'METRIC' : prefix === 'segments' ? 'SEGMENT' : 'ATTRIBUTE',
      selectable: true,
      filterable: !isMessage,
      sortable: !isMessage && !field.isRepeated,
      dataType: field.type,
      isRepeated: field.isRepeated,
      ...(prefix === 'metrics' || prefix === 'segments' ? { selectableWith: selectableWith(field.name) } : {}),
      ...(field.constants === undefined ? {} : { enumValues: field.constants.slice(1) }),
    }
    all.push({ name: field.name, values })
  }
  return all
}

/** Answers `googleAdsFields:search`. The query has no FROM; names are compared with =, IN or LIKE. */
export function fieldCatalog(text: string): unknown {
  // The field service's queries have no FROM clause; the grammar is otherwise the same.
  const query = parseQuery(
    /\sFROM\s/i.test(text) ? text : text.replace(/\s+WHERE\s|$/i, (found) => ` FROM google_ads_field${found}`),
  )
  const found = rows().filter((row) =>
    query.where.every(({ field, operator, values }) => {
      const value = scalarText(row.values[camel(field)])
      const [one = ''] = values.map((each) => each.text)
      if (operator === 'IN') return values.some((each) => each.text === value)
      if (operator === 'LIKE') return value.startsWith(one.replace(/%.*$/, ''))
      return operator === '!=' ? value !== one : value === one
    }),
  )
  return {
    results: found.slice(0, 10_000).map((row) => ({
      resourceName: `googleAdsFields/${row.name}`,
      ...Object.fromEntries(query.select.map((name) => [camel(name), row.values[camel(name)]])),
    })),
    totalResultsCount: String(found.length),
  }
}
