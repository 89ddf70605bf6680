/// The log-likelihood of a dataset under a model, as it is asked for.
package struct NLLRequest: Sendable {
  /// The model and the data.
  package var inputs: InputsRequest
  /// The estimator.
  package var estimator = EstimatorCatalog.all[0]
  /// What it is made from.
  package var options = EstimatorOptions()
  /// The seed and the threads.
  package var evaluation = EvaluationRequest()
  /// How often with another seed of the draws, the first included.
  package var replicates = 1
  /// Which part of the examples; nil for all.
  package var shard: ShardRequest?
  /// Where rows go; nil for nowhere.
  package var results: ResultsRequest?
  /// Whether the Monte Carlo error is reported even where it can't be trusted.
  package var reportsAllErrors = false
  /// Whether every example is kept in memory, for a comparison.
  package var keepsScores = false
  /// Whether the text ends with a sentence to cite.
  package var cites = false

  /// What is usual, of these files.
  package init(inputs: InputsRequest) { self.inputs = inputs }
}
