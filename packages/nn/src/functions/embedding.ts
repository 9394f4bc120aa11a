import { ArgumentError, DTypeError, type Tensor, where } from '@pnn/tensor';

/**
 * A row of the table for each index: int32 [...] and [rows, dimension] → [..., dimension].
 *
 * @param paddingIdx the row that gets no gradient
 * @throws DTypeError where the indices are not int32
 * @throws ArgumentError where an index is not that of a row
 */
export function embedding(indices: Tensor, weight: Tensor, paddingIdx?: number): Tensor {
  if (indices.dtype !== 'int32') {
    throw new DTypeError(`embedding: the indices are ${indices.dtype}: cast() them to int32`);
  }
  const rows = rowsOf(weight, indices.flatten()).reshape([...indices.shape, weight.shape[1]!]);
  if (paddingIdx === undefined) return rows;
  return where(indices.notEqual(paddingIdx).unsqueeze(-1), rows, rows.detach());
}

function rowsOf(weight: Tensor, positions: Tensor): Tensor {
  try {
    return weight.take(0, positions);
  } catch (cause) {
    if (!(cause instanceof ArgumentError)) throw cause;
    throw new ArgumentError(`embedding: the table has ${weight.shape[0]} rows: ${cause.message}`, { cause });
  }
}
