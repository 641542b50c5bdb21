// Write units of the calls of DynamoDB, by the sizes of the items in them ("Read/write capacity mode", "Write operations"):
// one for each started kilobyte of an item, two in a transaction, and one for each item that a write changes in the index
// of open runs. An update counts one kilobyte, because the items that Longwire updates are smaller.

const KILOBYTE = 1024;

/** Size of an attribute value in bytes. @param {any} value */
function valueSize(value) {
  const [[type, content]] = Object.entries(value);
  if (type === 'B') return Buffer.from(content, 'base64').length;
  if (type === 'M') return itemSize(content) + 3;
  if (type === 'L')
    return content.reduce((/** @type {number} */ sum, /** @type {any} */ each) => sum + valueSize(each) + 1, 3);
  return Buffer.byteLength(String(content));
}

/** Size of an item in bytes, names included. @param {Record<string, any>} item @returns {number} */
function itemSize(item) {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0);
}

/** Writes of the index of open runs that a write leads to. @param {any} write a put, an update or a delete */
function indexWrites({ Item, UpdateExpression = '' }) {
  if (Item) return 'open' in Item ? 1 : 0;
  // The index has an entry for each deadline: a change deletes one and puts another.
  if (/REMOVE.*(#open|#wakeBy)/.test(UpdateExpression)) return 1;
  return UpdateExpression.includes('#wakeBy =') ? 2 : 0;
}

/** @param {any} write */
function unitsOfWrite(write) {
  return Math.ceil(itemSize(write.Item ?? {}) / KILOBYTE) || 1;
}

/** Write units of one call. @param {import('./faults.mjs').Call} call */
export function writeUnits({ operation, body }) {
  const request = JSON.parse(body);
  if (operation === 'TransactWriteItems') {
    const writes = request.TransactItems.map((/** @type {any} */ item) => item.Put ?? item.Update ?? item.Delete);
    return writes.reduce(
      (/** @type {number} */ sum, /** @type {any} */ write) => sum + 2 * unitsOfWrite(write) + indexWrites(write),
      0,
    );
  }
  return unitsOfWrite(request) + indexWrites(request);
}
