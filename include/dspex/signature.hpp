#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "dspex/any_signature.hpp"
#include "dspex/client.hpp"
#include "dspex/compile_time/check.hpp"
#include "dspex/compile_time/json_form.hpp"
#include "dspex/compile_time/value_type.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"
#include "dspex/module_definition.hpp"

namespace dspex {

namespace compile_time {

/// The type `T` without `std::optional`.
template <class T>
struct without_optional : std::type_identity<T> {};

template <class T>
struct without_optional<std::optional<T>> : std::type_identity<T> {};

template <class T>
using some = typename without_optional<T>::type;

/// Whether a `T` may become a `Value`: a pointer is no flag, and a number with
/// a fraction is no integer.
template <class T, class Value>
consteval bool fits() {
  using from = some<std::decay_t<T>>;
  using to = some<Value>;
  if (!std::is_convertible_v<T, Value>)
    return false;
  if (std::is_same_v<from, std::nullopt_t>)
    return true;
  if (std::is_same_v<to, bool>)
    return std::is_same_v<from, bool>;
  if (std::is_same_v<to, int64_t>)
    return std::is_integral_v<from> && !std::is_same_v<from, bool>;
  return true;
}

/// Reads at run time the text that the compiler has read before.
[[nodiscard]] result<any_signature> read_again(std::string_view text);

/// Checks outputs against a signature and converts them in place.
/// @returns `invalid_output` with every problem, or why `sig` is none.
[[nodiscard]] result<void> check_outputs(std::string_view module,
                                         const result<any_signature>& sig,
                                         json& values);

} // namespace compile_time

/// The inputs of a signature of C++, set one by one.
///
/// A value type without locks. An input that was not set is absent; a run
/// fails if a required input is absent.
template <const auto& Tree>
class typed_inputs {
  using range = compile_time::field_range<Tree, true>;

public:
  /// The C++ type of an input.
  template <compile_time::fixed_string Name>
  using type
    = compile_time::value_type_of<Tree,
                                  compile_time::find_field<range, Name>::node>;

  /// Sets or replaces an input. An optional input takes `std::nullopt`, which
  /// becomes `null`.
  template <compile_time::fixed_string Name,
            class T = compile_time::some<type<Name>>>
    requires(compile_time::fits<T, type<Name>>())
  typed_inputs& set(T&& value) {
    type<Name> typed = std::forward<T>(value);
    values_[std::string{Name.view()}]
      = compile_time::json_form<type<Name>>::write(typed);
    return *this;
  }

  /// An object with the inputs in the order in which they were set.
  [[nodiscard]] const json& values() const noexcept {
    return values_;
  }

private:
  json values_ = json::object();
};

/// The outputs of a signature of C++, which fit that signature.
///
/// Immutable, cheap to copy, safe to share between threads.
template <const auto& Tree>
class typed_outputs {
  using range = compile_time::field_range<Tree, false>;

public:
  /// The C++ type of an output.
  template <compile_time::fixed_string Name>
  using type
    = compile_time::value_type_of<Tree,
                                  compile_time::find_field<range, Name>::node>;

  /// @pre `values` fit the signature.
  explicit typed_outputs(document values) : values_(std::move(values)) {
  }

  /// Returns an output, converted at each call. A name that no output has does
  /// not compile.
  template <compile_time::fixed_string Name>
  [[nodiscard]] type<Name> get() const {
    static const auto absent = json{};
    auto i = values_->find(Name.view());
    return compile_time::json_form<type<Name>>::read(
      i != values_->end() ? *i : absent);
  }

  /// An object with all outputs.
  [[nodiscard]] const document& values() const noexcept {
    return values_;
  }

private:
  document values_;
};

/// A signature module that is checked while compiling, e.g.
///
/// ```
/// using triage = dspex::signature<
///   "Support.Triage",
///   "ticket: str -> category: literal['bug','billing'], urgent: bool">;
/// ```
///
/// A mistake in the arguments is an error of the compiler, whose output says
/// what is wrong and at which column. Only a library can check the syntax of a
/// `pattern` or of a JSON Schema: a mistake there is reported when a node
/// starts that is given the module.
///
/// Values have these C++ types:
///
/// | type | C++ |
/// |---|---|
/// | `str`, `datetime`, `image` | `std::string` |
/// | `int` | `int64_t` |
/// | `float`, `probability`, `confidence_score` | `double` |
/// | `bool` | `bool` |
/// | `list[T]` | `std::vector<T>` |
/// | `embedding` | `std::vector<double>` |
/// | `reasoning_chain` | `std::vector<std::string>` |
/// | `history` | `std::vector<json>` |
/// | `dict[K, V]` | `std::map<K, V>` |
/// | `tuple[A, B]` | `std::tuple<A, B>` |
/// | `literal[...]` | the type of its values if they have one, else `json` |
/// | `T \| U` | the type of all alternatives if they have one, else `json` |
/// | `T \| none` | `std::optional<T>` |
/// | `none` | `std::nullptr_t` |
/// | `any`, `object` | `json` |
///
/// @tparam Module matches `^[A-Z][a-zA-Z0-9_.]*$`; a leading `Elixir.` is
///         dropped.
/// @tparam Text the signature in DSPy's string form.
/// @tparam Version three numbers with dots between.
template <compile_time::fixed_string Module, compile_time::fixed_string Text,
          compile_time::fixed_string Version = "1.0.0">
  requires(
    compile_time::checked<compile_time::fault_of<Module, Text, Version>>::value)
class signature {
public:
  /// The inputs of a run: `inputs{}.set<"ticket">("...")`.
  using inputs = typed_inputs<compile_time::tree_of<Text>>;
  /// The outputs of a run: `outputs.get<"category">()`.
  using outputs = typed_outputs<compile_time::tree_of<Text>>;

  /// A finished run.
  struct result {
    execution_id id;
    typename signature::outputs outputs;
    int64_t duration_us = 0;
    execution_status status = execution_status::completed;

    /// Returns an output, as `typed_outputs::get` does.
    template <compile_time::fixed_string Name>
    [[nodiscard]] auto get() const {
      return outputs.template get<Name>();
    }
  };

  // -- properties -------------------------------------------------------------

  static constexpr std::string_view module
    = compile_time::normal_module(Module.view());
  static constexpr std::string_view text = Text.view();
  static constexpr std::string_view version = Version.view();

  /// The signature for code that knows signatures at run time only. Its text is
  /// read once.
  /// @returns `invalid_signature` if a pattern or a JSON Schema is wrong.
  [[nodiscard]] static const dspex::result<any_signature>& dynamic() {
    static const auto sig = compile_time::read_again(text);
    return sig;
  }

  /// The definition of the module, for `runtime_options::modules`.
  /// @param instructions the task that the model is given.
  [[nodiscard]] static module_definition
  definition(std::string instructions = {}, std::string description = {}) {
    return {std::string{module}, std::string{text}, std::move(instructions),
            std::string{version}, std::move(description)};
  }

  // -- conversions ------------------------------------------------------------

  /// Checks and takes outputs from any source, e.g. from a record.
  /// @returns `invalid_output` with every problem if they do not fit.
  [[nodiscard]] static dspex::result<outputs> read_outputs(json values) {
    return compile_time::check_outputs(module, dynamic(), values).map([&] {
      return outputs{document{std::move(values)}};
    });
  }

  /// Checks and takes the result of a run, e.g. from `execution_handle::get`.
  [[nodiscard]] static dspex::result<result>
  read(const dspex::result<execution_result>& run) {
    if (!run)
      return fail(run.error());
    return read_outputs(*run->outputs).map([&](outputs&& values) {
      return result{run->id, std::move(values), run->duration_us, run->status};
    });
  }
};

} // namespace dspex
