/**
 * JSON → a definition that can be meant, or all that is wrong with it: each problem with its place and what would be valid there.
 * Beyond the schema it asks that names are known, that segments asked about are there and lead nowhere back, and that somebody
 * could meet the condition.
 */
import { checkLeaf, type LeafContext } from './check-leaf.ts';
import { checkTogether } from './check-together.ts';
import { says } from './check-values.ts';
import { DEEPEST, MOST_LEAVES, SegmentId } from './condition.ts';
import { LARGEST_DEFINITION_BYTES, SegmentDefinition, type SegmentVersion } from './definition.ts';
import { pathBetween, segmentsIn } from './dependencies.ts';
import {
  type Fields,
  fieldOf,
  isFields,
  lettersIn,
  likely,
  listed,
  type Problem,
  pointer,
  quote,
  type Refuse,
  refuseOthers,
  unknownName,
} from './problem.ts';
import { segmentsAsked } from './tree.ts';

export interface ReadingContext {
  /** The newest version of each segment; what is read may be among them. */
  readonly others: readonly SegmentVersion[];
  /** Names of the channels there are. */
  readonly channels: readonly string[];
  readonly reportingCurrency: string;
}

export type DefinitionReading =
  | { readonly kind: 'definition'; readonly definition: SegmentDefinition }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/** Of a hopeless file the first will do. */
const PROBLEMS_MOST = 50;

export function readDefinition(json: unknown, context: ReadingContext): DefinitionReading {
  const problems: Problem[] = [];
  const refuse: Refuse = (at, { en, zh }, valid) => {
    problems.push({ at, says: en, zh, ...(valid && { valid }) });
  };
  const refused = (): DefinitionReading => ({ kind: 'refused', problems: problems.slice(0, PROBLEMS_MOST) });
  if (!checkSize(json, refuse)) return refused();
  checkDefinition(json, refuse, context);
  if (problems.length > 0) return refused();
  const read = SegmentDefinition.safeParse(json);
  if (!read.success) {
    for (const { path, message } of read.error.issues)
      refuse(
        path.reduce<string>((at, name) => pointer(at, String(name)), ''),
        says(message, message),
      );
    return refused();
  }
  const definition = read.data;
  checkReferences(definition, context.others, refuse);
  checkTogether(definition.when, WHEN, refuse);
  return problems.length > 0 ? refused() : { kind: 'definition', definition };
}

const WHEN = '/when';

function checkSize(json: unknown, refuse: Refuse): json is Fields {
  if (!isFields(json)) {
    refuse('', says('A segment is an object of id, name and when.', '分群应为包含 id、name 与 when 的对象。'), KEYS);
    return false;
  }
  const bytes = Buffer.byteLength(JSON.stringify(json));
  if (bytes <= LARGEST_DEFINITION_BYTES) return true;
  const words = says(
    `It has ${bytes} bytes, and may have ${LARGEST_DEFINITION_BYTES}: divide it into segments that ask about each other.`,
    `共 ${bytes} 字节，上限为 ${LARGEST_DEFINITION_BYTES}：请拆分为互相引用的分群。`,
  );
  refuse('', words);
  return false;
}

const KEYS = Object.keys(SegmentDefinition.shape);
const NAME_MOST = 100;
const DESCRIPTION_MOST = 1000;

function checkDefinition(json: Fields, refuse: Refuse, context: ReadingContext): void {
  refuseOthers(json, KEYS, '', says('property of a segment', '分群属性'), refuse);
  const [id, name, description, when] = ['id', 'name', 'description', 'when'].map((key) => fieldOf(json, key));
  if (!SegmentId.safeParse(id).success) {
    const words = says(
      'Letters, digits, - and _, at most 64, the first a letter or digit.',
      '应为字母、数字、- 与 _，最多 64 个，以字母或数字开头。',
    );
    refuse('/id', words);
  }
  if (typeof name !== 'string' || name.trim().length === 0 || lettersIn(name.trim()) > NAME_MOST)
    refuse('/name', says(`A name of 1 to ${NAME_MOST} letters.`, `应为 1 至 ${NAME_MOST} 个字符的名称。`));
  if (
    description !== undefined &&
    !(typeof description === 'string' && lettersIn(description.trim()) <= DESCRIPTION_MOST)
  )
    refuse(
      '/description',
      says(`A text of at most ${DESCRIPTION_MOST} letters.`, `应为最多 ${DESCRIPTION_MOST} 个字符的文字。`),
    );
  const { channels, reportingCurrency } = context;
  const leaves = checkCondition(when, WHEN, 1, { refuse, channels, reportingCurrency });
  if (leaves > MOST_LEAVES) {
    const words = says(
      `It has ${leaves} conditions, and may have ${MOST_LEAVES}: divide it into segments that ask about each other.`,
      `共有 ${leaves} 个条件，上限为 ${MOST_LEAVES}：请拆分为互相引用的分群。`,
    );
    refuse(WHEN, words);
  }
}

const BRANCHES = ['all', 'any', 'not'] as const;
const NODES: readonly string[] = [...BRANCHES, 'field', 'segment'];

/** How many leaves it has. */
function checkCondition(node: unknown, at: string, depth: number, context: LeafContext): number {
  const { refuse } = context;
  if (!isFields(node)) {
    const example = '{ "field": "orders", "atLeast": 2 }';
    refuse(at, says(`A condition, as ${example}.`, `应为条件，如 ${example}。`), NODES);
    return 0;
  }
  if (depth > DEEPEST) {
    const words = says(
      `Deeper than ${DEEPEST} levels: make what is here a segment, and ask about that.`,
      `嵌套超过 ${DEEPEST} 层：请将此处定义为单独的分群并引用它。`,
    );
    refuse(at, words);
    return 0;
  }
  const names = Object.keys(node);
  const [first, ...more] = names.filter((name) => NODES.includes(name));
  if (first === undefined) {
    const [written = ''] = names;
    const words =
      names.length === 0
        ? says(`A condition has one of ${listed(NODES)}.`, `条件应包含以下之一：${listed(NODES)}。`)
        : unknownName(says('condition', '条件'), written, NODES);
    refuse(names.length === 0 ? at : pointer(at, written), words, likely(written, NODES));
    return 0;
  }
  if (more.length > 0) {
    const both = [first, ...more].join(', ');
    refuse(at, says(`One of ${both} only; for several, an all of them.`, `${both} 只能写一个；如需多个，请放入 all。`));
    return 0;
  }
  if (first === 'field') {
    checkLeaf(node, at, context);
    return 1;
  }
  refuseOthers(node, [first], at, says(`property beside ${first}:`, `与 ${first} 并列的属性`), refuse);
  const value = fieldOf(node, first);
  if (first === 'segment') {
    if (!SegmentId.safeParse(value).success) refuse(`${at}/segment`, says('The id of a segment.', '应为分群的 id。'));
    return 1;
  }
  if (first === 'not') return checkCondition(value, `${at}/not`, depth + 1, context);
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_LEAVES) {
    const words = says(`A list of 1 to ${MOST_LEAVES} conditions.`, `应为 1 至 ${MOST_LEAVES} 个条件的列表。`);
    refuse(`${at}/${first}`, words);
    return 0;
  }
  return value.reduce<number>(
    (sum, one, index) => sum + checkCondition(one, `${at}/${first}/${index}`, depth + 1, context),
    0,
  );
}

function checkReferences(definition: SegmentDefinition, others: readonly SegmentVersion[], refuse: Refuse): void {
  const standing = new Map(others.filter(({ isArchived }) => !isArchived).map((one) => [one.id, one]));
  const valid = [...standing.keys()].filter((id) => id !== definition.id).sort();
  const asks = new Map([...standing.values(), definition].map(({ id, when }) => [id, segmentsIn(when)]));
  for (const { id, at: place } of segmentsAsked(definition.when)) {
    const at = `${WHEN}${place}/segment`;
    if (id === definition.id) {
      refuse(at, says('It asks about itself.', '分群引用了自身。'), valid);
    } else if (!standing.has(id)) {
      const isArchived = others.some((one) => one.id === id);
      const words = isArchived
        ? says(`Segment ${quote(id)} is archived: restore it first.`, `分群${quote(id)}已归档：请先恢复。`)
        : unknownName(says('segment', '分群'), id, valid);
      refuse(at, words, likely(id, valid));
    } else {
      const back = pathBetween(id, definition.id, asks);
      if (!back) continue;
      const path = [definition.id, ...back].join(' → ');
      refuse(at, says(`It leads back here: ${path}.`, `形成循环引用：${path}。`));
    }
  }
}
