// The OpenAPI document as the page reads it: operations by group, and schemas as rows.

export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  enum?: (string | number)[];
  oneOf?: Schema[];
  allOf?: Schema[];
  example?: unknown;
  default?: unknown;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
  required?: boolean;
  description?: string;
  schema?: Schema;
}

type Content = Record<string, { schema?: Schema }>;

export interface Response {
  description?: string;
  content?: Content;
}

/** One operation as the document has it. */
interface RawOperation {
  tags?: string[];
  operationId: string;
  summary?: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { content: Content; required?: boolean };
  responses: Record<string, Response>;
  /** Any one of these is enough; of each, all of its schemes. */
  security?: Record<string, string[]>[];
}

export interface SecurityScheme {
  type: string;
  in?: string;
  name?: string;
  scheme?: string;
  description?: string;
}

export interface ApiDocument {
  info: { title: string; description?: string; version: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, RawOperation>>;
  components: { schemas: Record<string, Schema>; securitySchemes?: Record<string, SecurityScheme> };
  security?: Record<string, string[]>[];
}

export interface Operation extends RawOperation {
  method: string;
  path: string;
}

export interface Group {
  name: string;
  description: string;
  operations: Operation[];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Operations by their first tag, in the order of the document's tags; other groups come behind. */
export function groupsOf(document: ApiDocument): Group[] {
  const groups = new Map<string, Group>(
    (document.tags ?? []).map(({ name, description = '' }) => [name, { name, description, operations: [] }]),
  );
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const raw = item[method];
      if (!raw) continue;
      const name = raw.tags?.[0] ?? 'other';
      if (!groups.has(name)) groups.set(name, { name, description: '', operations: [] });
      groups.get(name)!.operations.push({ security: document.security, ...raw, method, path });
    }
  }
  return [...groups.values()].filter(({ operations }) => operations.length > 0);
}

/** Groups with those operations alone whose texts have every word. */
export function found(groups: readonly Group[], asked: string, titleOf: (id: string) => string): Group[] {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...groups];
  const fits = (operation: Operation) => {
    const { method, path, operationId, summary = '', description = '' } = operation;
    const text = [method, path, operationId, titleOf(operationId), summary, description]
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return groups
    .map((group) => ({ ...group, operations: group.operations.filter(fits) }))
    .filter(({ operations }) => operations.length > 0);
}

/** The schema that a reference leads to, with `allOf` taken as one object. */
export function resolved(document: ApiDocument, schema: Schema): Schema {
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop()!;
    return resolved(document, document.components.schemas[name] ?? {});
  }
  if (!schema.allOf) return schema;
  const parts = schema.allOf.map((part) => resolved(document, part));
  return {
    type: 'object',
    description: schema.description,
    properties: Object.assign({}, ...parts.map((part) => part.properties ?? {})) as Record<string, Schema>,
    required: parts.flatMap((part) => part.required ?? []),
  };
}

/** A schema that may also be null, as the one beside the null. */
export function unwrapped(schema: Schema): { schema: Schema; nullable: boolean } {
  const others = schema.oneOf?.filter((one) => one.type !== 'null');
  if (others?.length === 1) {
    const [only] = others;
    const description = only!.description ?? schema.description;
    return { schema: { ...only!, description }, nullable: others.length < schema.oneOf!.length };
  }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== 'null');
    const type = types.length === 1 ? types[0] : types;
    return { schema: { ...schema, type }, nullable: types.length < schema.type.length };
  }
  return { schema, nullable: false };
}

/** A field of a schema as one row; those of objects inside stand below, one step deeper. */
export interface Row {
  depth: number;
  name: string;
  type: string;
  required: boolean;
  nullable: boolean;
  note: string;
  choices: (string | number)[];
}

const DEEPEST = 4;

/** The fields of a body, from outside to inside. */
export function rowsOf(document: ApiDocument, schema: Schema): Row[] {
  return fieldsOf(document, schema, 0, []);
}

function fieldsOf(document: ApiDocument, outer: Schema, depth: number, seen: readonly string[]): Row[] {
  const { schema } = unwrapped(outer);
  if (schema.items) return fieldsOf(document, schema.items, depth, seen);
  if (typeof schema.additionalProperties === 'object')
    return fieldsOf(document, schema.additionalProperties, depth, seen);
  if (schema.$ref && (seen.includes(schema.$ref) || depth > DEEPEST)) return [];
  const within = schema.$ref ? [...seen, schema.$ref] : seen;
  const object = resolved(document, schema);
  if (object.items) return fieldsOf(document, object.items, depth, within);
  return Object.entries(object.properties ?? {}).flatMap(([name, property]) => {
    const { schema: inner, nullable } = unwrapped(property);
    const target = resolved(document, inner);
    const row = {
      depth,
      name,
      type: typeOf(document, inner),
      required: object.required?.includes(name) ?? false,
      nullable,
      note: inner.description ?? property.description ?? target.description ?? '',
      choices: target.enum ?? [],
    };
    return [row, ...fieldsOf(document, inner, depth + 1, within)];
  });
}

/** A type in a word or two: `string`, `RoomView[]`, `{ [key]: integer }`. */
export function typeOf(document: ApiDocument, outer: Schema): string {
  const { schema } = unwrapped(outer);
  if (schema.$ref) {
    const target = resolved(document, schema);
    // A name says more than `object`; of texts and numbers the kind says more.
    return target.type === 'object' || target.properties
      ? schema.$ref.split('/').pop()!
      : typeOf(document, target);
  }
  if (schema.type === 'array') return `${typeOf(document, schema.items ?? {})}[]`;
  if (typeof schema.additionalProperties === 'object')
    return `{ [key]: ${typeOf(document, schema.additionalProperties)} }`;
  if (schema.format === 'binary') return 'file';
  return [schema.type ?? 'any'].flat().join(' | ');
}

/** The schema of a body, whatever its kind; null: it has none. */
export function bodyOf(content: Content | undefined): { mime: string; schema: Schema } | null {
  const [first] = Object.entries(content ?? {});
  return first?.[1].schema ? { mime: first[0], schema: first[1].schema } : null;
}
