// What a call looks like: a body made from its schema, and the command that sends it.
import {
  bodyOf,
  resolved,
  unwrapped,
  type ApiDocument,
  type Operation,
  type Schema,
  type SecurityScheme,
} from './document';

const DEEPEST = 6;

/** A value that a schema allows: its examples where it has some. */
export function exampleOf(document: ApiDocument, outer: Schema, depth = 0): unknown {
  const { schema: inner } = unwrapped(outer);
  if (outer.example !== undefined) return outer.example;
  const schema = resolved(document, inner);
  if (schema.example !== undefined) return schema.example;
  if (schema.default != null) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.oneOf?.[0]) return exampleOf(document, schema.oneOf[0], depth + 1);
  if (depth > DEEPEST) return null;
  if (schema.type === 'array') return [exampleOf(document, schema.items ?? {}, depth + 1)];
  if (schema.properties) {
    const each = Object.entries(schema.properties);
    return Object.fromEntries(each.map(([name, one]) => [name, exampleOf(document, one, depth + 1)]));
  }
  if (typeof schema.additionalProperties === 'object')
    return { key: exampleOf(document, schema.additionalProperties, depth + 1) };
  return plainExample(schema);
}

function plainExample({ type }: Schema): unknown {
  if (type === 'integer' || type === 'number') return 0;
  if (type === 'boolean') return false;
  return type === 'string' ? '…' : null;
}

/** `roomId` as `ROOM_ID`: stands for what the reader puts in. */
const blank = (name: string) => name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();

/** A command that makes the call, with words in capitals where the reader's own values belong. */
export function curlOf(document: ApiDocument, operation: Operation, base: string): string {
  const { method, path, parameters = [], requestBody } = operation;
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => blank(name));
  const needed = parameters.filter((one) => one.in === 'query' && one.required);
  const query = needed.map(({ name }) => `${name}=${blank(name)}`).join('&');
  const lines = [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}'${base}${filled}${query && `?${query}`}'`,
  ];
  lines.push(...credentialOf(document, operation));
  for (const { name } of parameters.filter((one) => one.in === 'header' && one.required))
    lines.push(`-H '${name}: ${blank(name)}'`);
  const body = bodyOf(requestBody?.content);
  if (body?.mime === 'multipart/form-data') {
    const fields = Object.keys(resolved(document, body.schema).properties ?? {});
    lines.push(...fields.map((name) => `-F ${name}=@FILE`));
  } else if (body) {
    lines.push("-H 'Content-Type: application/json'");
    lines.push(`-d '${JSON.stringify(exampleOf(document, body.schema)).replaceAll("'", "'\\''")}'`);
  }
  return lines.join(' \\\n  ');
}

/** A scheme with the name that the document gives it. */
export interface NamedScheme {
  name: string;
  scheme: SecurityScheme;
}

/** Ways to be let in, of which one is enough; each may need several schemes at once. None: open to all. */
export function waysOf(document: ApiDocument, operation: Operation): NamedScheme[][] {
  const ways = (operation.security ?? []).map((way) =>
    Object.keys(way).map((name) => ({
      name,
      scheme: document.components.securitySchemes?.[name] ?? { type: 'unknown' },
    })),
  );
  return ways.some((way) => way.length === 0) ? [] : ways;
}

// What a program can send goes before a browser's cookie.
function credentialOf(document: ApiDocument, operation: Operation): string[] {
  const ways = waysOf(document, operation);
  const way = ways.find((schemes) => schemes.every(({ scheme }) => scheme.in !== 'cookie')) ?? ways[0];
  return (way ?? []).map(optionOf);
}

function optionOf({ name, scheme }: NamedScheme): string {
  if (scheme.type === 'http') {
    const value = scheme.scheme === 'basic' ? 'Basic CREDENTIALS' : 'Bearer TOKEN';
    return `-H 'Authorization: ${value}'`;
  }
  if (scheme.in === 'cookie') return `-b '${scheme.name}=${blank(name)}'`;
  // The description may have the form of the value, such as `Bearer <access_token>`.
  const form = /`([^`]*<[^`]*)`/.exec(scheme.description ?? '')?.[1] ?? `<${name}>`;
  return `-H '${scheme.name}: ${form.replace(/<([^>]*)>/g, (_whole, word: string) => blank(word))}'`;
}
