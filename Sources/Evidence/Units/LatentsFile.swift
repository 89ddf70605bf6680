import HDF5
import Models
import Networks

/// An HDF5 file of posterior means and scales, written as examples come:
///
///     /              format = "evidence-latents", version = 1, complete, what the caller adds
///     /index         int64 [n]            number of the example in the dataset
///     /z1/mean       float64 [n, units]   E_q[u | x]
///     /z1/scale      float64 [n, units]   standard deviation of q(u | x)
///     /z2/…                               where a posterior is given other latents: over their draws, two or more
///     /labels        [n, …]               as in the data, where they were named
///
/// It is a valid file at any moment, `complete` being 0 until all is written.
public final class LatentsFile {
  private let file: File
  private let index: HDF5.Dataset
  private let layers: [(mean: HDF5.Dataset, scale: HDF5.Dataset)]
  private let rowsAtOnce: Int
  private var pendingIndices: [Int64] = []
  private var pending: [(means: [Double], scales: [Double])]

  /// Creates the file, over one that may be there.
  ///
  /// - Throws: `HDF5Error`.
  public init(creating path: String, latentCounts: [Int], attributes: KeyValuePairs<String, String> = [:]) throws {
    file = try File(creating: path)
    let root = try file.root
    try root.setAttribute("format", "evidence-latents")
    try root.setAttribute("version", 1)
    try root.setAttribute("complete", 0)
    for (name, value) in attributes { try root.setAttribute(name, value) }
    index = try root.createDataset("index", type: .integer(bits: 64, signed: true), shape: [0], extendable: true)
    layers = try latentCounts.enumerated().map { layer, units in
      let group = try root.createGroup("z\(layer + 1)")
      return (
        try group.createDataset("mean", type: .float(bits: 64), shape: [0, units], extendable: true),
        try group.createDataset("scale", type: .float(bits: 64), shape: [0, units], extendable: true)
      )
    }
    pending = latentCounts.map { _ in ([], []) }
    rowsAtOnce = max(1, 32_768 / max(1, latentCounts.max() ?? 1))
  }

  /// Adds one example.
  ///
  /// - Throws: `HDF5Error`.
  public func append(_ measurement: UnitsMeasurement) throws {
    pendingIndices.append(Int64(measurement.index))
    for (layer, posterior) in measurement.layers.enumerated() {
      let (means, scales) = posterior.marginal
      pending[layer].means += means
      pending[layer].scales += scales
    }
    if pendingIndices.count == rowsAtOnce { try write() }
  }

  /// Writes what is left, and the labels of the examples if there are any, and closes the file.
  ///
  /// - Throws: `HDF5Error`.
  public func finish(labels: ExampleLabels? = nil, examples: Range<Int> = 0..<0) throws {
    try write()
    try labels?.copy(examples, to: file.root, name: "labels")
    try file.root.setAttribute("complete", 1)
    try file.close()
  }

  private func write() throws {
    guard !pendingIndices.isEmpty else { return }
    for (layer, values) in zip(layers, pending) {
      try layer.mean.append(rows: values.means)
      try layer.scale.append(rows: values.scales)
    }
    try index.append(rows: pendingIndices)
    pendingIndices.removeAll(keepingCapacity: true)
    for layer in pending.indices {
      pending[layer].means.removeAll(keepingCapacity: true)
      pending[layer].scales.removeAll(keepingCapacity: true)
    }
  }
}

extension LayerPosterior {
  /// Means and standard deviations over the draws of the layers that the posterior is given (law of total variance, with
  /// the unbiased variance of the means).
  var marginal: (means: [Double], scales: [Double]) {
    guard draws > 1 else { return (means, scales) }
    let center = means.rowMeans(units)
    var variances = scales.map { $0 * $0 }.rowMeans(units)
    for draw in 0..<draws {
      for unit in 0..<units {
        let distance = means[draw * units + unit] - center[unit]
        variances[unit] += distance * distance / Double(draws - 1)
      }
    }
    return (center, variances.map { $0.squareRoot() })
  }
}
