/// A model with its weights: an encoder, a decoder, or both in one.
struct KerasUnit {
  var model: KerasModel
  /// By the path of each layer.
  var weights: [String: KerasLayerWeights]
  /// The file of the configuration.
  var file: String
  var weightsFile: String
  var backend: String?
  /// Of Keras.
  var version: String?
}
