import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeText, markup } from '../../src/report/markup.js';
import { parseHtml, unescapeText } from './parse-html.js';

describe('markup', () => {
  it('keeps any text in its place, in elements and in attributes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'<>&"\'=/ a;#39') })), (text) => {
        const { source } = markup`<p title="${text}">${text}</p>`;
        const [element, ...others] = parseHtml(source);
        expect(others).toEqual([]);
        expect(Object.keys(element!.attributes)).toEqual(['title']);
        const visible = text.replace(/[^\P{Cc}\n\t]/gu, '\uFFFD');
        expect(unescapeText(element!.attributes.title!)).toBe(visible);
        expect(unescapeText(escapeText(text))).toBe(visible);
      }),
    );
  });

  it('nests, joins lists, rounds coordinates and leaves out null', () => {
    const items = ['a', '<'].map((text) => markup`<li>${text}</li>`);
    expect(markup`<ul data-x="${1.23456}">${items}${null}</ul>`.source).toBe(
      '<ul data-x="1.23"><li>a</li><li>&lt;</li></ul>',
    );
  });
});
