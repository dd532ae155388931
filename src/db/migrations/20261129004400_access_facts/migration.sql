-- Whether there is such an access, whatever the statement saw before it waited for its turn: one that is removed meanwhile has
-- lost its assignments already where a statement asks, without a lock, what it holds now.
CREATE FUNCTION "is_access_now"("access" INTEGER) RETURNS BOOLEAN VOLATILE LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.accesses WHERE accesses.id = "access");
END
$$;
