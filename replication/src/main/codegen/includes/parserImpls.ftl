/** Parses a numbered parameter: {@code $1} is the parameter with index 0. */
SqlNode NumberedParameter() :
{
}
{
    <NUMBERED_PARAMETER> {
        final int number;
        try {
            number = Integer.parseInt(token.image.substring(1));
        } catch (NumberFormatException e) {
            throw new ParseException("there is no parameter " + token.image);
        }
        if (number < 1) {
            throw new ParseException("there is no parameter " + token.image);
        }
        return new SqlDynamicParam(number - 1, getPos());
    }
}

/** Parses {@code SHOW name}. */
SqlNode SqlShow() :
{
    final Span s;
    final SqlIdentifier name;
}
{
    <SHOW> { s = span(); }
    name = CompoundIdentifier() {
        return new SqlShow(s.end(this), name);
    }
}
