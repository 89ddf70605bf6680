import Runs

extension RunError {
  /// The error for people at a command line, with the options that mend it.
  var commandWords: String {
    switch self {
    case .wrongKind(let path, let kind, let role): "\(path): \(FirstContact.words(kind, path, as: role))"
    case .exchanged(let model, let data):
      "\(model): no model, but \(data) is one: they were given in each other's place\n"
        + "the order is: evidence nll MODEL DATA"
    case .notImported(let path):
      "\(path): a Keras model; imported, it can be inspected\nevidence import keras \(CommandLineText.quoted(path)) -o model.h5"
    case .noSuchFile(let path): "\(path): no such file"
    case .otherModel(let path, let expected, let found):
      "\(path): not the model of these results: nothing is drawn by it\nexpected sha256 \(expected.prefix(16))…, "
        + "found \(found.prefix(16))…"
    case .notPrinted(.units, let problem):
      "\(problem)\nexpected what `evidence units … --format json > UNITS.json` writes"
    case .notPrinted(.check, let problem):
      "\(problem)\nexpected what `evidence check MODEL --format json > CHECK.json` writes"
    case .examplesOutside(let range, let count):
      "--examples \(range.lowerBound)..\(range.upperBound): the dataset holds \(count) examples, numbered 0 to \(count - 1)"
    case .emptyRange(let lower, let upper): "--examples \(lower)..\(upper): no example is in this range"
    case .tooManyDraws(let draws, let most): "--draws: expected 1 to \(most) for this model, found \(draws)"
    case .tooFewExamples:
      "active units are variances over examples: expected two or more, found 1; take a wider range"
    case .noBracket(let estimator): "\(estimator) has no bracket"
    case .emptyShard, .noLauncher, .noShard, .arrayWithHoles, .invalidShardVariable, .launchersDisagree: shardWords
    case .outputExists, .outputIsDirectory, .outputIsInput, .noFolder, .folderNotWritable, .cannotCreate,
      .outputIsNoFolder, .outputIsNoPage, .pageIsDirectory:
      outputWords
    case .preparedDifferently(let one, let other, let differences):
      "\(one) and \(other) take the data differently, so a difference would mean nothing: "
        + "\(differences.joined(separator: "; "))\nsay it for all: --binarize, --divide-by, --dequantize"
    case .training(let problem): problem.commandWords
    case .stopped(let finished, let count, let rows, let saved):
      "stopped after \(finished) of \(count) \(rows == .examples ? "examples" : "evaluations of the ablation"); "
        + (saved.map(Self.words) ?? "nothing was saved (--output RESULTS.h5 keeps what is finished)")
    }
  }

  private var shardWords: String {
    switch self {
    case .emptyShard(let shard, let examples):
      "--shard \(shard.index)/\(shard.count): there are only \(examples) examples, so this shard has none; take fewer shards"
    case .noShard(let launcher, let index, let count):
      "--shard auto: \(launcher) says \(index) of \(count), which is no part"
    case .arrayWithHoles(let launcher, let task, let first, let last):
      "--shard auto: \(launcher) is \(task) of an array \(first)…\(last) with holes, so its place is not known\n"
        + "say it: --shard I/N"
    case .invalidShardVariable(let found): "EVIDENCE_SHARD: expected I/N with I from 0 to N − 1, found \(found)"
    case .launchersDisagree(let first, let one, let second, let other):
      "--shard auto: \(first) says \(one.index)/\(one.count), \(second) says \(other.index)/\(other.count)\n"
        + "say which: --shard I/N"
    default:
      "--shard auto: no launcher has said which part this process is (EVIDENCE_SHARD=I/N, mpirun, srun, a job array)\n"
        + "say it: --shard I/N"
    }
  }

  private var outputWords: String {
    switch self {
    case .outputExists(let path, let output):
      switch output {
      case .ablation:
        "\(path): there is a file already, of an ablation; go on with it by --resume, or give another name to --output"
      case .latents: "\(path): there is a file already; remove it, or give another name to --latents"
      case .model: "\(path): there is a file already; give another name to -o, or --force to replace it"
      case .draft: "\(path): there is a file already; give another name to --draft, or --force to replace it"
      }
    case .outputIsDirectory(let path): "\(path): is a directory; name a file: -o MODEL.h5"
    case .pageIsDirectory(let path): "\(path): is a directory; name a file: -o report.html"
    case .outputIsNoPage(let path):
      "\(path): is there, and is no page: it is not overwritten; name another file: -o report.html"
    case .outputIsNoFolder(let path):
      "\(path): is a file; the results of several models go to a folder, one file each: --output FOLDER/"
    case .outputIsInput(let path): "\(path): is one of the files that are read; give another name to -o"
    case .noFolder(let path, let folder): "\(path): there is no folder \(folder)"
    case .folderNotWritable(let path, let folder): "\(path): the folder \(folder) can't be written to"
    case .cannotCreate(let path, let reason): "\(path): can't be made: \(reason)"
    default: "\(self)"
    }
  }

  private static func words(_ rows: SavedRows) -> String {
    let place =
      rows.journaled == 0
      ? "they are in \(rows.path)"
      : "\(rows.saved) are in \(rows.path), and the others beside it until the run goes on"
    return "\(place)\ngo on with: \(CommandLineText.resuming(CommandLine.arguments))"
  }

  /// What the command ends with.
  var status: CommandStatus {
    switch self {
    case .wrongKind, .exchanged, .notImported: .invalidInput
    case .outputExists, .outputIsDirectory, .outputIsInput, .noFolder, .folderNotWritable, .cannotCreate,
      .outputIsNoFolder, .pageIsDirectory:
      .cannotCreateOutput
    case .noSuchFile: .noInput
    case .training(let problem): problem.status
    case .stopped: Interruption.shared.status ?? .interrupted
    case .preparedDifferently, .otherModel, .notPrinted: .invalidInput
    default: .usage
    }
  }
}
