package import Evidence

/// Something that an outcome should be read with: a value, worded by whoever shows it.
package enum RunWarning: Sendable {
  /// A concern of the library, with the number of draws and the results file.
  case concern(Concern, samples: Int, output: String?)
  /// Counts past 2²⁴ are taken as the nearest float32; the first example with one.
  case roundedCounts(first: Int, RoundedValue)
  /// The system refuses more threads than these.
  case fewerThreads(Int, reason: String)
  /// The file system of a results file has no locks, so nothing keeps another run from writing to it.
  case unlocked(path: String)

  /// The examples of this file are no images.
  case noImages(data: String)

  /// Examples of `count` whose posterior mean of a layer is not finite.
  case nonFiniteMeans(LayerUnits, of: Int)
  /// There are fewer examples than a layer has units.
  case fewerExamplesThanUnits(LayerUnits)
  /// The noise of draws is above the threshold of a layer's directions.
  case noisyDirections(LayerUnits)

  /// Estimates on simulated data that are not finite.
  case nonFiniteEstimates(Int, of: Int)
  /// The gap of an estimator on simulated data is above `TunedAnnealing.gapTarget`; the examples with a wide gap of their own.
  case gapAboveTarget(estimator: String, wide: [Int], of: Int)
  /// Real data are harder than simulated ones.
  case realDataHarder

  /// Differences that are not finite.
  case nonFiniteDifferences(Int, of: Int)
  /// Examples whose k̂ is too large in one file or both.
  case unreliableDifferences(Int, of: Int)
  /// The two results are by different estimators.
  case estimatorsDiffer
  /// The two results are by different numbers of draws.
  case samplesDiffer(Int, Int)
  /// The models' likelihoods, where they are not all the same.
  case likelihoodsDiffer([String?])
  /// Only some examples are in all of several results; the most that one of them holds.
  case examplesNotInAll(common: Int, most: Int)
  /// Of one of several models, by its name.
  indirect case ofModel(String, RunWarning)
  /// Not all examples are in both files.
  case examplesInOneFile(common: Int, first: (count: Int, path: String), second: (count: Int, path: String))
}
