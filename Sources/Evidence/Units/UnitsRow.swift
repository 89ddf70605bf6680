public import Networks

/// The posteriors of one example as a row of a results file. From its rows a run of active units can be gone on with, and
/// the rows of shards put together give the bits of one run.
///
/// A row holds what the example alone yields; densities at probes are computed anew, so that it doesn't grow with them.
public struct UnitsRow: ResultRow {
  /// The example's number in the dataset.
  public var index: Int
  /// `LayerPosterior.means` of all layers, z₁ first, a row of units a draw.
  public var means: [Double] = []
  /// `LayerPosterior.scales`, likewise.
  public var scales: [Double] = []
  /// `LayerPosterior.divergences`, likewise.
  public var divergences: [Double] = []
  /// `LayerPosterior.logRatios`, likewise, of the layers that have them.
  public var logRatios: [Double] = []
  /// `LayerPosterior.jointDivergences` of the layers that have them, one number a draw.
  public var jointDivergences: [Double] = []

  /// A row of an example, to be filled in.
  public init(index: Int) { self.index = index }

  /// What an example yielded.
  public init(_ measurement: UnitsMeasurement) {
    index = measurement.index
    for layer in measurement.layers {
      means += layer.means
      scales += layer.scales
      divergences += layer.divergences
      logRatios += layer.logRatios ?? []
      jointDivergences += layer.jointDivergences ?? []
    }
  }

  /// The columns of docs/results-file.md.
  public static var columns: [ResultColumn<UnitsRow>] {
    [
      .numbers("means", \.means), .numbers("scales", \.scales), .numbers("divergences", \.divergences),
      .numbers("log_ratios", \.logRatios), .numbers("joint_divergences", \.jointDivergences),
    ]
  }

  /// The labels of the columns of rows such as this: places, from 0.
  public var labels: [String: [Int]] {
    let widths = [
      "means": means.count, "scales": scales.count, "divergences": divergences.count, "log_ratios": logRatios.count,
      "joint_divergences": jointDivergences.count,
    ]
    return widths.filter { $0.value > 0 }.mapValues { Array(0..<$0) }
  }

  /// The measurement that the row was made of.
  ///
  /// - Parameters:
  ///   - layers: The posteriors of any example under the same model: how the layers' numbers are laid out.
  ///   - probes: The draws that mutual information is estimated at.
  /// - Throws: `EvidenceError` (`invalidResults`) where the row holds too few numbers, or too many, for such layers.
  public func measurement(like layers: [LayerPosterior], probes: LatentProbes = LatentProbes()) throws
    -> UnitsMeasurement
  {
    var (means, scales, divergences) = (means[...], scales[...], divergences[...])
    var (logRatios, joint) = (logRatios[...], jointDivergences[...])
    func take(_ count: Int, _ column: inout ArraySlice<Double>) throws -> [Double] {
      guard column.count >= count else { throw wrongWidth }
      defer { column = column.dropFirst(count) }
      return Array(column.prefix(count))
    }
    let posteriors = try layers.map { layer in
      var copy = layer
      copy.means = try take(layer.means.count, &means)
      copy.scales = try take(layer.scales.count, &scales)
      copy.divergences = try take(layer.divergences.count, &divergences)
      copy.logRatios = try layer.logRatios.map { try take($0.count, &logRatios) }
      copy.jointDivergences = try layer.jointDivergences.map { try take($0.count, &joint) }
      return copy
    }
    guard [means, scales, divergences, logRatios, joint].allSatisfy(\.isEmpty) else { throw wrongWidth }
    return UnitsMeasurement(
      index: index, layers: posteriors, probeDensities: probes.logDensities(under: posteriors))
  }

  private var wrongWidth: EvidenceError {
    EvidenceError(
      .invalidResults,
      "the row of example \(index) holds the posteriors of other units than the model has; "
        + "expected the results of this model")
  }
}
