/**
 * A form that the agent shows in mid-call; loaded for the first one. Knows nothing of calls: `showForm` puts it into a
 * place and says once what became of it.
 *
 * @typedef {object} FormField
 * @property {string} name
 * @property {string} type `string`, `number`, `integer` or `boolean`; any other is text
 * @property {string} description the label; empty: the name
 * @property {boolean} required
 * @property {unknown} value what is known already, or null
 *
 * @typedef {object} WebForm
 * @property {string} description
 * @property {readonly FormField[]} fields in their order
 *
 * @typedef {Record<string, string | number | boolean>} FormValues by field; what was left blank is not there
 *
 * @typedef {object} FormWords
 * @property {string} send
 * @property {string} close
 * @property {string} title of a form without a description
 * @property {string} optional
 * @property {string} missing
 * @property {string} notANumber
 * @property {string} notWhole
 * @property {string} notAnAddress of e-mail
 */

import { build, sheetOf } from './dom.js';
import { FORM_CSS } from './web-form-styles.js';

/** As the worker takes it (callcore.tools.web_form). */
const MAX_VALUE_CHARS = 2000;

/**
 * What a field's name says of its content, for keyboards and for what the browser has stored.
 * @type {ReadonlyArray<readonly [RegExp, {type: string, autocomplete: string}]>}
 */
const KINDS = [
  [/e-?mail/i, { type: 'email', autocomplete: 'email' }],
  [/phone|mobile|telephone/i, { type: 'tel', autocomplete: 'tel' }],
  [/zip|postal|postcode/i, { type: 'text', autocomplete: 'postal-code' }],
  [/^(full_?)?name$/i, { type: 'text', autocomplete: 'name' }],
];

const STYLES = sheetOf(FORM_CSS);
let formsShown = 0;

/**
 * Show a form, and put the focus into it.
 * @param {HTMLElement} place in a document or a shadow root; it may hold several forms
 * @param {WebForm} form
 * @param {FormWords} words
 * @param {string} css declarations for the form
 * @param {(values: FormValues | null) => void} onAnswer called once, after the form is gone; null: it was closed
 * @returns {() => void} takes the form away unanswered; does nothing when it is gone
 */
export function showForm(place, form, words, css, onAnswer) {
  formsShown += 1;
  const prefix = `parley-form-${formsShown}`;
  const fields = form.fields.map((field, number) => buildField(field, `${prefix}-${number}`, words));
  const element = build('form', { class: 'form', part: 'form', novalidate: '', 'aria-labelledby': prefix });
  element.append(
    build('h2', { id: prefix }, form.description || words.title),
    ...fields.map((field) => field.element),
    build(
      'div',
      { class: 'actions' },
      build('button', { type: 'submit' }, words.send),
      build('button', { type: 'button', 'data-close': '' }, words.close),
    ),
  );
  element.style.cssText = css;
  const root = /** @type {Document | ShadowRoot} */ (place.getRootNode());
  if (!root.adoptedStyleSheets.includes(STYLES)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, STYLES];
  const focusedBefore = focusedIn(place);

  const remove = () => {
    const hadFocus = element.contains(focusedIn(place));
    element.remove();
    if (hadFocus && focusedBefore instanceof HTMLElement && focusedBefore.isConnected) focusedBefore.focus();
  };
  /** @param {FormValues | null} values */
  const answer = (values) => {
    if (!element.isConnected) return;
    remove();
    onAnswer(values);
  };

  element.onsubmit = (event) => {
    event.preventDefault();
    const wrong = fields.filter((field) => !field.check());
    if (wrong.length > 0) wrong[0].input.focus();
    else answer(valuesOf(fields));
  };
  element.onkeydown = (event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    answer(null);
  };
  const close = /** @type {HTMLButtonElement} */ (element.querySelector('[data-close]'));
  close.onclick = () => answer(null);

  place.append(element);
  const first = fields.find(({ input }) => input.value === '') ?? fields[0];
  (first?.input ?? element.querySelector('button'))?.focus();
  return remove;
}

/**
 * @typedef {object} BuiltField
 * @property {string} name
 * @property {HTMLElement} element
 * @property {HTMLInputElement} input
 * @property {() => boolean} check shows what is wrong with the value; whether nothing is
 * @property {() => string | number | boolean | undefined} value undefined: blank
 */

/**
 * @param {FormField} field
 * @param {string} id
 * @param {FormWords} words
 * @returns {BuiltField}
 */
function buildField(field, id, words) {
  const { name, type, description, required } = field;
  const input = /** @type {HTMLInputElement} */ (
    build('input', { id, name, 'aria-describedby': `${id}-error`, ...inputAttributes(field) })
  );
  if (type === 'boolean') input.checked = field.value === true;
  else if (field.value !== null && field.value !== undefined) input.value = String(field.value);
  const label = build('label', { for: id }, description || spaced(name));
  if (!required && type !== 'boolean') label.append(' ', build('span', { class: 'optional' }, words.optional));
  const error = build('p', { class: 'error', id: `${id}-error`, role: 'alert' });
  const isChoice = type === 'boolean';
  const element = build('div', { class: isChoice ? 'field choice' : 'field' });
  element.append(...(isChoice ? [input, label] : [label, input]), error);

  const check = () => {
    const fault = faultOf(field, input, words);
    error.textContent = fault;
    if (fault) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
    return fault === '';
  };
  // Once something was wrong, the fault goes as soon as it is mended.
  input.oninput = () => {
    if (input.hasAttribute('aria-invalid')) check();
  };
  return { name, element, input, check, value: () => valueOf(field, input) };
}

/**
 * @param {FormField} field
 * @returns {Record<string, string>}
 */
function inputAttributes({ name, type, required }) {
  if (type === 'boolean') return { type: 'checkbox' };
  const always = { maxlength: String(MAX_VALUE_CHARS), ...(required ? { required: '' } : {}) };
  if (type === 'number') return { ...always, type: 'text', inputmode: 'decimal', autocomplete: 'off' };
  if (type === 'integer') return { ...always, type: 'text', inputmode: 'numeric', autocomplete: 'off' };
  const kind = KINDS.find(([words]) => words.test(name))?.[1] ?? { type: 'text', autocomplete: 'on' };
  return { ...always, ...kind };
}

/**
 * @param {FormField} field
 * @param {HTMLInputElement} input
 * @param {FormWords} words
 * @returns {string} empty when nothing is wrong
 */
function faultOf({ type, required }, input, words) {
  if (type === 'boolean') return '';
  const text = input.value.trim();
  if (text === '') return required ? words.missing : '';
  if (type === 'number' && !Number.isFinite(Number(text))) return words.notANumber;
  if (type === 'integer' && !Number.isSafeInteger(Number(text))) return words.notWhole;
  return input.validity.typeMismatch ? words.notAnAddress : '';
}

/**
 * @param {FormField} field
 * @param {HTMLInputElement} input
 */
function valueOf({ type }, input) {
  if (type === 'boolean') return input.checked;
  const text = input.value.trim();
  if (text === '') return undefined;
  return type === 'number' || type === 'integer' ? Number(text) : text;
}

/**
 * @param {readonly BuiltField[]} fields
 * @returns {FormValues}
 */
function valuesOf(fields) {
  /** @type {FormValues} */
  const values = {};
  for (const { name, value } of fields) {
    const given = value();
    if (given !== undefined) values[name] = given;
  }
  return values;
}

/**
 * @param {string} name of a field
 * @returns {string} as people read it
 */
function spaced(name) {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ').trim().toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {HTMLElement} place */
function focusedIn(place) {
  const root = place.getRootNode();
  return root instanceof ShadowRoot || root instanceof Document ? root.activeElement : null;
}
