import Evidence
import Models

/// The data with what happens to each example: what the command line says, else what the model file says, unless the data
/// show that it was done before they were stored.
struct PreparedData {
  let data: Dataset
  /// Where each step was asked for.
  let origins: Origins
  /// Where the model file was not followed, and why.
  let note: String?

  /// Who asked for a step.
  enum Origin: String {
    case commandLine = "command line"
    case modelFile = "model file"
    case data = "data"
    case preset = "default"
  }

  /// The origin of each step.
  struct Origins {
    var binarize, divideBy, dequantize: Origin
  }

  init(_ source: some FileSource, _ input: ModelDescription.Input, _ options: ModelAndDataOptions) throws {
    var preprocessing = Preprocessing(input)
    var note: String?
    // Who says how to divide or dequantize knows how the data are stored.
    if options.divideBy == nil, options.dequantize == nil {
      (preprocessing, note) = try Preprocessing.suited(to: input, storedIn: source)
    }
    func origin(_ isOnCommandLine: Bool, _ isInModelFile: Bool) -> Origin {
      isOnCommandLine ? .commandLine : note != nil ? .data : isInModelFile ? .modelFile : .preset
    }
    origins = Origins(
      binarize: origin(options.binarize != nil, input.binarize != nil),
      divideBy: origin(options.divideBy != nil, input.divideBy != nil),
      dequantize: origin(options.dequantize != nil, input.dequantize != nil))
    if let binarize = options.binarize { preprocessing.binarize = binarize }
    if let divideBy = options.divideBy { preprocessing.divideBy = divideBy }
    if let dequantize = options.dequantize { preprocessing.dequantize = dequantize }
    data = Dataset(source, preprocessing: preprocessing)
    self.note = note
  }

  /// Refuses grey values that are all in [0, 1] where only the model file says to divide them: they were divided before,
  /// and dividing again would quietly give the likelihood of almost black images.
  ///
  /// One example with a larger value settles it, so 8-bit data cost nothing. Bits may be divided by two (dequantized).
  func requireUndivided(_ source: some FileSource) throws {
    guard origins.divideBy == .modelFile, data.preprocessing.divideBy > 2 else { return }
    let stored = Dataset(source)
    for start in stride(from: 0, to: source.count, by: 256) {
      let batch = try stored.batch(start..<min(start + 256, source.count))
      guard batch.values.allSatisfy({ $0 >= 0 && $0 <= 1 }) else { return }
    }
    let divisor = Text.plain(data.preprocessing.divideBy)
    throw CommandError(
      .invalidInput,
      """
      \(source.file): \(source.path): every stored value is in [0, 1] already, yet the model file says to divide by \(divisor)
      take them as they are with --divide-by 1, or insist with --divide-by \(divisor)
      """)
  }
}
