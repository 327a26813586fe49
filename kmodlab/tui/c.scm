; SPDX-License-Identifier: MIT
; What the editor colours in kernel C. No node is captured twice: which style won would be left to chance.

[
  "break" "case" "const" "continue" "default" "do" "else" "enum" "extern" "for" "goto" "if" "inline"
  "register" "restrict" "return" "sizeof" "static" "struct" "switch" "typedef" "union" "volatile" "while"
] @keyword

[
  "#define" "#elif" "#else" "#endif" "#if" "#ifdef" "#ifndef" "#include"
] @directive
(preproc_directive) @directive

[
  "--" "-" "-=" "->" "=" "!=" "!" "~" "*" "*=" "&" "&=" "&&" "+" "++" "+=" "/" "/=" "%" "%=" "<" "<=" "<<"
  "<<=" "==" ">" ">=" ">>" ">>=" "|" "|=" "||" "^" "^=" "?" ":"
] @operator

[ "." ";" "," ] @delimiter

(string_literal ["\"" "L\"" "u\"" "U\"" "u8\""] @string)
(string_content) @string
(system_lib_string) @string
(escape_sequence) @escape
(char_literal "'" @number)
(character) @number
(number_literal) @number
(null) @constant
(true) @constant
(false) @constant

((identifier) @constant
  (#match? @constant "^[A-Z][A-Z0-9_]*$"))

((identifier) @attribute
  (#match? @attribute "^__[a-z_]+$"))

(field_identifier) @property
(statement_identifier) @label
(type_identifier) @type
(primitive_type) @type
(sized_type_specifier ["unsigned" "signed" "long" "short"] @type)

(call_expression
  function: (identifier) @function
  (#not-match? @function "^([A-Z][A-Z0-9_]*|__[a-z_]+)$"))
(function_declarator
  declarator: (identifier) @function
  (#not-match? @function "^([A-Z][A-Z0-9_]*|__[a-z_]+)$"))
(preproc_function_def
  name: (identifier) @function
  (#not-match? @function "^([A-Z][A-Z0-9_]*|__[a-z_]+)$"))

(comment) @comment
