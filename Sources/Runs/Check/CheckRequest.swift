/// The bracket of an estimator on simulated data, as it is asked for.
package struct CheckRequest: Sendable {
  /// The model file.
  package var model: String
  /// Real data to compare with; nil for none.
  package var data: InputsRequest?
  /// Examples to simulate.
  package var simulated = 200
  /// The estimator.
  package var estimator = EstimatorCatalog.ladder
  /// What it is made from.
  package var options = EstimatorOptions()
  /// Which part of the simulated examples; nil for all.
  package var shard: ShardRequest?
  /// Where rows go; nil for nowhere.
  package var results: ResultsRequest?
  /// The seed and the threads.
  package var evaluation = EvaluationRequest()

  /// What is usual, of this model.
  package init(model: String) { self.model = model }
}
