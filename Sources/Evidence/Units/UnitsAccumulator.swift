import Statistics

/// Gathers the posteriors of examples: memory depends on the units, not on the examples.
public struct UnitsAccumulator: MeasurementAccumulator {
  private let settings: ActiveUnits
  private var layers: [LayerAccumulator] = []
  private var total = RunningMoments()
  private var count = 0

  /// An accumulator of no examples.
  init(_ settings: ActiveUnits) throws {
    guard settings.threshold >= 0, settings.threshold.isFinite else {
      throw EvidenceError(
        .invalidSetting, "threshold: expected a number from 0 on, found \(settings.threshold)")
    }
    guard settings.replicates > 1 else {
      throw EvidenceError(.invalidSetting, "replicates: expected at least 2, found \(settings.replicates)")
    }
    self.settings = settings
  }

  /// Adds the posteriors of the next example.
  public mutating func add(_ measurement: UnitsMeasurement) {
    if count == 0 {
      layers = measurement.layers.enumerated().map { layer, posterior in
        LayerAccumulator(posterior, settings: settings, probes: settings.probes.layers[layer])
      }
    }
    count += 1
    var divergence = 0.0
    for layer in layers.indices { divergence += layers[layer].add(measurement, layer: layer) }
    total.add(divergence)
  }

  /// Adds the posteriors of later examples under the same model.
  public mutating func merge(_ other: UnitsAccumulator) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    count += other.count
    total.merge(other.total)
    for layer in layers.indices { layers[layer].merge(other.layers[layer]) }
  }

  /// Which units and directions carry information.
  ///
  /// - Throws: `EvidenceError` for fewer than two examples with finite means.
  public func summary() throws -> UnitsSummary {
    guard count > 1 else {
      throw EvidenceError(
        .invalidData, "active units are variances over examples and need two or more; found \(count)")
    }
    let summaries = try layers.enumerated().map { try $1.summary(layer: $0 + 1, of: count, settings: settings) }
    return UnitsSummary(
      examples: count, threshold: settings.threshold, draws: settings.draws, divergence: total.mean,
      divergenceStandardError: total.standardError, layers: summaries.withMarginals(total: total))
  }
}
