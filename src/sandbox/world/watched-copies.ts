import type { Copy, CopyProgress, DataPlane } from '../cloud/data-plane.ts';

/** A data plane that tells where its newest copy stands, for people who watch. */
export interface WatchedDataPlane extends DataPlane {
  /** Undefined until a copy was started. */
  newestCopy(): CopyProgress | undefined;
}

export function watchCopies(dataPlane: DataPlane): WatchedDataPlane {
  let newest: Copy | undefined;
  return {
    createNode: (options) => dataPlane.createNode(options),
    startCopy: (options) => {
      newest = dataPlane.startCopy(options);
      return newest;
    },
    newestCopy: () => newest?.progress(),
  };
}
