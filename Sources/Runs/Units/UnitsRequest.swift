import Statistics

/// Which latents are used, as it is asked for.
package struct UnitsRequest: Sendable {
  /// The model and the data.
  package var inputs: InputsRequest
  /// A unit is active when its variance is above this.
  package var threshold = DiagnosticThresholds.activeUnitVariance
  /// Draws in each of the two chains that layers above the first are measured by.
  package var draws = 1
  /// Draws that mutual information is estimated at; 0 for none.
  package var probes = 512
  /// Whether the log-likelihood is estimated without units.
  package var ablates = false
  /// Draws for each example of that.
  package var samples = EstimatorOptions.defaultSamples
  /// Examples that the sweep over the number of units is made on.
  package var sweepExamples = 200
  /// Where posterior means and scales are written; nil for nowhere.
  package var latents: String?
  /// The dataset of labels beside the data.
  package var labels: String?
  /// Whether each unit of a large layer has its bar.
  package var showsAllUnits = false
  /// Which part of the examples; nil for all.
  package var shard: ShardRequest?
  /// Where rows go; nil for nowhere.
  package var results: ResultsRequest?
  /// The seed and the threads.
  package var evaluation = EvaluationRequest()

  /// What is usual, of these files.
  package init(inputs: InputsRequest) { self.inputs = inputs }
}
