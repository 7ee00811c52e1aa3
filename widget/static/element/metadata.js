/** Metadata in the attributes of an element. Pure. */

/** `data-meta-user-name`, as the dataset names it. */
const DATA_META = /^meta(?=[A-Z])/;

/**
 * @param {DOMStringMap} dataset
 * @returns {Record<string, string>} `data-meta-user-name` as `userName`
 */
export function metadataOf(dataset) {
  /** @type {Record<string, string>} */
  const metadata = {};
  for (const [name, value] of Object.entries(dataset)) {
    const key = name.replace(DATA_META, '');
    if (key !== name) metadata[key.charAt(0).toLowerCase() + key.slice(1)] = value ?? '';
  }
  return metadata;
}
